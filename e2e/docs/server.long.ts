/** docs/server.md, docs/console.md and docs/generate.md: their commands, with servers that their commands start. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appendFileSync, chmodSync, cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { startPostgres } from '../../storage/records/testing/postgres.ts';
import { blockOn, blocksOn } from '../../tools/code-blocks/blocks.ts';
import { type RunningCommand, root } from '../command.ts';
import { needs } from '../require.ts';
import { logOf } from '../server-process.ts';
import { filled, linesOf, type Place, placeWith } from './place.ts';

const hasPostgres = await needs('postgres');

/** Resolves with a server's address when it takes requests. Its log comes on the same stream as the rest. */
async function listening(server: RunningCommand): Promise<string> {
  await server.saying('"message":"listening on ');
  return String(logOf(server.stdout).find(({ url }) => typeof url === 'string')?.['url']);
}

const begin = blockOn('docs/server.md', { language: 'sh', under: 'Start a server', begins: 'waterflow server' });

/** The page's server, on a port that is free, with its records where `~` is. */
async function startServer(place: Place): Promise<string> {
  return await listening(place.start(filled(begin, { 'waterflow server': 'exec waterflow server --port 0' })));
}

const steps = (...all: readonly string[]): string => `jobs: { test: { steps: [${all.join(', ')}] } }\n`;
const workflows = {
  'release.yml': `on: { webhook: { } }\n${steps("{ run: 'true' }")}`,
  'nightly.yml': `on: { schedule: [{ cron: '0 3 * * *' }, { cron: '0 4 * * *' }] }\n${steps("{ run: 'true' }")}`,
  'report.yml': `on: { manual: { inputs: { region: { type: string } } }, schedule: [{ cron: '0 3 * * *' }] }\n${steps("{ run: 'true' }")}`,
};

describe('docs/server.md', () => {
  it('starts a server, and has it run a workflow', async () => {
    const place = placeWith();
    symlinkSync(join(root, 'examples'), join(place.folder, 'examples'));
    const url = await startServer(place);
    const block = blockOn('docs/server.md', { language: 'sh', begins: 'waterflow submit' });
    const printed = await place.run(filled(block, { 'http://127.0.0.1:8080': url }));
    expect(printed).toContain('success');
    expect(printed).toMatch(/"id": ?"run-[0-9a-z]{26}"/u);
  });

  it('starts one with a key for other machines', async () => {
    const place = placeWith();
    const block = blockOn('docs/server.md', { language: 'sh', begins: '(umask 077' });
    const server = place.start(filled(block, { 'waterflow server': 'exec waterflow server --port 0' }));
    const { port } = new URL(await listening(server));
    const list = `http://127.0.0.1:${port}/v1/workflows`;
    expect((await fetch(list)).status).toBe(401);
    const authorization = `Bearer ${readFileSync(join(place.folder, 'admin.key'), 'utf8').trim()}`;
    expect((await fetch(list, { headers: { authorization } })).status).toBe(200);
  });

  it('runs a workflow and its plugin again when they are saved', async () => {
    const place = placeWith({
      'deploy.yml': `on: { manual: { inputs: { target: { type: string } } } }\n${steps('{ uses: ./plugins/deploy, with: { name: Ada } }', "{ run: 'echo to $T', env: { T: '${{ inputs.target }}' } }")}`,
    });
    cpSync(join(root, 'plugin-templates/ts'), join(place.folder, 'plugins/deploy'), { recursive: true });
    const dev = place.start(
      filled(blockOn('docs/server.md', { begins: 'waterflow dev' }), { 'waterflow dev': 'PORT=0 exec waterflow dev' }),
    );
    const runs = (): number => dev.stdout.match(/to staging/gu)?.length ?? 0;
    await dev.saying('to staging');
    for (const saved of ['deploy.yml', 'plugins/deploy/index.ts']) {
      const before = runs();
      appendFileSync(join(place.folder, saved), saved.endsWith('.yml') ? '# saved\n' : '// saved\n');
      await expect.poll(runs).toBeGreaterThan(before);
    }
    dev.kill('SIGINT');
    await dev.ended;
  });

  it('has a server read its configuration again', async () => {
    const place = placeWith({ 'server.yaml': 'log-level: info\nactive-runs: 5\npolicy: policy.yaml\n' });
    const policy = readFileSync(join(root, 'policies/default.yaml'), 'utf8');
    writeFileSync(join(place.folder, 'policy.yaml'), policy);
    const server = place.start('exec waterflow server --port 0 --config server.yaml');
    await listening(server);
    writeFileSync(join(place.folder, 'server.yaml'), 'log-level: debug\nactive-runs: 6\npolicy: policy.yaml\n');
    writeFileSync(join(place.folder, 'policy.yaml'), `${policy}  - { plugin: acme-*, allow: requested }\n`);
    const [signal = ''] = linesOf(blockOn('docs/server.md', { begins: 'kill -HUP' }));
    await place.run(
      filled(signal, { '"$(systemctl show --property MainPID --value waterflow-server)"': String(server.child.pid) }),
    );
    const shown = JSON.parse(blockOn('docs/server.md', { language: 'json' })) as {
      readonly at: string;
      readonly message: string;
    }; // The page's own.
    await server.saying(shown.message);
    const said = logOf(server.stdout).find(({ message }) => message === shown.message);
    expect(said).toEqual({ ...shown, at: said?.['at'] });
  });

  it('makes, exchanges and revokes keys', async () => {
    const place = placeWith();
    const [make = '', list = '', rotate = '', revoke = ''] = linesOf(
      blockOn('docs/server.md', { begins: 'waterflow keys new' }),
    );
    const [, prefix = ''] = /(wf_\w{8})_/u.exec(await place.run(make)) ?? [];
    expect(await place.run(list)).toContain('ci');
    expect(await place.run(filled(rotate, { wf_3hTq90Lk: prefix }))).toMatch(/wf_\w{8}_/u);
    await place.run(filled(revoke, { wf_3hTq90Lk: prefix }));
  });

  it('backs up, verifies and restores', async () => {
    const place = placeWith();
    const server = place.start('exec waterflow server --port 0 --state state');
    const url = await listening(server);
    await place.run(
      `mkdir backup; curl -sf --data-binary @${root}/examples/hello.yml -H 'Content-Type: application/yaml' ${url}/v1/workflows`,
    );
    const [back = '', verify = '', restore = ''] = linesOf(
      filled(blockOn('docs/server.md', { begins: 'waterflow backup' }), {
        '/var/lib/waterflow': 'state',
        '/backup/': 'backup/',
      }),
    );
    await place.run(back);
    await place.run(verify);
    server.kill('SIGTERM');
    await server.ended;
    await place.run(restore);
    expect(await place.run('waterflow list --state state')).toContain('hello');
  });

  it('keeps schedules', async () => {
    const place = placeWith(workflows);
    const url = await startServer(place);
    const [nightly = '', report = '', ...others] = linesOf(
      blockOn('docs/server.md', { begins: 'waterflow schedule create' }),
    );
    const server = `export WATERFLOW_SERVER_URL=${url}\n`;
    expect((await place.run(server + nightly)).match(/sch_[0-9a-z]{26}/gu)).toHaveLength(2);
    const [id = ''] = /sch_[0-9a-z]{26}/u.exec(await place.run(server + report)) ?? [];
    expect(await place.run(server + others.shift())).toContain(id);
    for (const line of others) await place.run(server + line.replace(/sch_[0-9a-z]{26}/u, id));
    expect(await place.run(`${server}waterflow schedule list`)).not.toContain(id);
  });

  it('makes webhooks, and starts runs by signed requests', async () => {
    const place = placeWith(workflows);
    const url = await startServer(place);
    const [key = ''] = /wf_\w{8}_[\w-]{43}/u.exec(await place.run('waterflow keys new --name me --role admin')) ?? [];
    const server = `export WATERFLOW_SERVER_URL=${url} WATERFLOW_API_KEY=${key}\n`;
    const made = await place.run(`${server}${blockOn('docs/server.md', { begins: 'waterflow webhook create' })}`);
    const [address = '', secret = ''] = ['delivery_url', 'secret'].map(
      (name) => new RegExp(`"${name}": ?"([^"]+)"`, 'u').exec(made)?.[1] ?? made,
    );
    const send = `DELIVERY_URL=${new URL(address, url).href} WEBHOOK_SECRET=${secret}\n`;
    const sent = await place.run(send + blockOn('docs/server.md', { under: 'Sending', language: 'sh' }));
    expect(sent).toMatch(/run-[0-9a-z]{26}/u);
    const wrong = await place.run(
      send.replace(secret, 'x'.repeat(32)) + blockOn('docs/server.md', { under: 'Sending', language: 'sh' }),
    );
    expect(wrong).not.toMatch(/run-[0-9a-z]{26}/u);
  });

  it('shows logs', async () => {
    const place = placeWith({ 'w.yml': `on: manual\n${steps("{ id: test, run: 'echo first; echo second' }")}` });
    const url = await startServer(place);
    const submitted = await place.run(`waterflow submit --server ${url} w.yml --follow`);
    const [run = ''] = /run-[0-9a-z]{26}/u.exec(submitted) ?? [];
    const block = blockOn('docs/server.md', { begins: 'curl -s  "$URL' });
    const [text, tail, stream] = await Promise.all(
      linesOf(block).map((line) => place.run(`URL=${url} RUN=${run}\n${line}`)),
    );
    expect(text).toBe('[test/test] first\n[test/test] second\n');
    expect(tail?.trim().split('\n')).toHaveLength(2);
    expect(stream).toContain(`event: end\ndata: {"run":"${run}","status":"success"}`);
  });

  it.each([
    ...blocksOn('docs/server.md', { language: 'yaml', begins: 'scrape_configs:' }),
    ...blocksOn('docs/runbooks.md', { language: 'yaml' }),
  ])('gives its metrics to whom $page has ask for them', async ({ text }) => {
    interface Scrape {
      readonly authorization: { readonly credentials_file: string };
      readonly static_configs: readonly { readonly targets: readonly string[] }[];
    }
    const { scrape_configs: scrapes } = parse(text) as { readonly scrape_configs: readonly Scrape[] }; // The page's own.
    const place = placeWith();
    const server = place.start(`exec env API_KEY=${'k'.repeat(64)} waterflow server --port 0`);
    const url = await listening(server);
    const [key = ''] =
      /wf_\w{8}_[\w-]{43}/u.exec(await place.run('waterflow keys new --name prometheus --role viewer')) ?? [];
    expect(scrapes.map(({ authorization }) => authorization.credentials_file)).toEqual([
      '/etc/prometheus/waterflow-key',
    ]);
    for (const target of scrapes.flatMap((each) => each.static_configs.flatMap(({ targets }) => targets))) {
      expect(target).toMatch(/^[\d.]+:8080$/u);
    }
    const answer = await fetch(new URL('/metrics', url), { headers: { authorization: `Bearer ${key}` } });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('# TYPE waterflow_')]);
  });
});

describe.skipIf(!hasPostgres)('docs/server.md with PostgreSQL', () => {
  it('makes its database, and migrates it', async () => {
    await using postgres = await startPostgres({ durable: false });
    const administered = await postgres.createDatabase();
    const place = placeWith({ 'make.sql': blockOn('docs/server.md', { language: 'sql' }) });
    await place.run(`psql --set ON_ERROR_STOP=1 --file make.sql '${administered}'`);
    const { hostname, search } = new URL(administered);
    const named = filled(blockOn('docs/server.md', { begins: 'export DATABASE_URL' }), {
      // It is reached by a socket in its folder.
      'db.example.com:5432': hostname,
      '?sslmode=verify-full': search,
    });
    expect(
      await place.run(`${named}waterflow migrate --state state\nwaterflow migrate --check --state state`),
    ).not.toBe('');
  });
});

describe('other pages', () => {
  it('docs/console.md opens the console', async () => {
    const place = placeWith();
    const [command = ''] = linesOf(blockOn('docs/console.md', { language: 'sh' }));
    const url = await listening(place.start(filled(command, { 'waterflow server': 'exec waterflow server --port 0' })));
    const page = await fetch(new URL('/ui', url));
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<script')]);
  });

  it('examples/clients/python/README.md starts a shop with a server', async () => {
    const place = placeWith();
    const [command = ''] = linesOf(blockOn('examples/clients/python/README.md', { begins: 'waterflow server' }));
    expect(
      await listening(place.start(filled(command, { 'waterflow server': 'exec waterflow server --port 0' }))),
    ).toContain('http');
  });

  it('docs/generate.md has a model write a workflow', async () => {
    const workflow = 'on: { schedule: [{ cron: "30 6 * * mon-fri" }] }\njobs: { a: { steps: [{ run: "true" }] } }\n';
    const asked: string[] = [];
    const model = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ choices: [{ message: { role: 'assistant', content: `\`\`\`yaml\n${workflow}\`\`\`` } }] }),
      );
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void model.close());
    await once(model, 'listening');
    const { port } = model.address() as AddressInfo; // It listens on a port.
    const config = filled(blockOn('docs/generate.md', { language: 'yaml' }), {
      'https://models.example.com': `http://127.0.0.1:${port}`,
    });
    const place = placeWith({ 'waterflow/config.yaml': config, 'waterflow/models.key': 'key-of-models\n' });
    chmodSync(join(place.folder, 'waterflow/models.key'), 0o600);
    await place.run(`export XDG_CONFIG_HOME="$HOME"\n${blockOn('docs/generate.md', { begins: 'waterflow generate' })}`);
    expect(asked).toEqual(['/v1/chat/completions Bearer key-of-models']);
    expect(await place.run('waterflow validate prices.yml')).toContain('valid');
  });
});
