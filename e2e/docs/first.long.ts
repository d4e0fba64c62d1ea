/** README.md, docs/getting-started.md and what stands around the language: what a new user types, and what is printed. */
import { once } from 'node:events';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { blockOn, blocksOn } from '../../tools/code-blocks/blocks.ts';
import { root } from '../command.ts';
import { areShown } from '../page.ts';
import { needs } from '../require.ts';
import { filled, linesOf, placeWith } from './place.ts';

const hasBubblewrap = await needs('bwrap');

/** Commands in a clone, whose records are the test's own. */
const inClone = (block: string): string => `cd ${root}\n${block}`;
const runId = /run-[0-9a-z]{26}/u;

describe('docs/getting-started.md', () => {
  const hello = blockOn('docs/getting-started.md', { begins: 'name: hello' });

  it('begins with the quickstart, which prints what README.md shows', async () => {
    const place = placeWith();
    const printed = await place.run(inClone(blockOn('docs/getting-started.md', { begins: 'npm run quickstart' })));
    /** What is another one each time: ids, times, what runs beside what. */
    const stable = (text: string): readonly string[] =>
      text
        .replaceAll(new RegExp(runId, 'gu'), 'RUN')
        .replaceAll(/\b(?:\d+ms|\d+\.\ds)/gu, 'TIME')
        .replaceAll(/ {2,}/gu, '  ')
        .trimEnd()
        .split('\n');
    const shown = stable(blockOn('README.md', { begins: 'started quickstart' })).filter(
      (line) => line !== '' && line !== '…',
    );
    const lines = stable(printed);
    // On a busy machine its time ends the step that fills memory before its memory does.
    const missing = shown.filter((line) => !lines.includes(line) && !line.includes('OUT_OF_MEMORY'));
    expect(missing).toEqual([]);
  });

  it('finds the command', async () => {
    const place = placeWith();
    expect(await place.run(inClone(blockOn('docs/getting-started.md', { begins: 'export PATH' })))).toContain('Usage:');
  });

  it('writes a workflow, checks and runs it', async () => {
    const place = placeWith({ 'hello.yml': hello });
    const printed = await place.run(blockOn('docs/getting-started.md', { begins: 'waterflow validate hello.yml' }));
    expect(printed).toContain('hello.yml: valid\n');
    expect(printed).toMatch(/^✓ hello success/mu);
    writeFileSync(join(place.folder, 'hello.yml'), filled(hello, { 'needs: [build]': 'neds: [build]' }));
    const { code, stdout } = await place.start('waterflow validate hello.yml').ended;
    const shown = blockOn('docs/getting-started.md', { language: 'text' }).trimEnd().split('\n');
    expect({ code, said: areShown(stdout.trimEnd().split('\n'), shown) ? shown : stdout.split('\n') }).toEqual({
      code: 2,
      said: shown,
    });
  });

  it('kills a run, and goes on with it', async () => {
    const place = placeWith({ 'long.yml': blockOn('docs/getting-started.md', { begins: 'name: long' }) });
    const [run = '', , resume = ''] = linesOf(blockOn('docs/getting-started.md', { begins: 'waterflow run long.yml' }));
    const long = place.start(`exec ${run}`);
    await long.saying('[work/0] success');
    const [id = ''] = runId.exec(long.stdout) ?? [];
    long.kill('SIGKILL');
    await long.ended;
    const printed = await place.run(filled(resume, { 'run-01...': id }));
    expect(printed).toContain('attempt 1 failed (AGENT_LOST: ');
    expect(printed).not.toContain('this is done once');
    expect(printed).toContain('slept');
  });

  it('uses a secret', async () => {
    const place = placeWith({ 'deploy.yml': blockOn('docs/getting-started.md', { begins: 'name: deploy' }) });
    const printed = await place.run(blockOn('docs/getting-started.md', { begins: 'export DEPLOY_TOKEN' }));
    expect(printed).toContain('deploying with ***');
    expect(printed).not.toContain('s3cr3t-value');
  });

  it("runs somebody else's plugin", async () => {
    const place = placeWith();
    const grants = await place.run(inClone(blockOn('docs/getting-started.md', { begins: 'waterflow grants explain' })));
    expect(grants).toContain('title');
    const { stdout } = await place.start(
      inClone(blockOn('docs/getting-started.md', { begins: 'waterflow run examples/hostile.yml' })),
    ).ended;
    const verify = /^.*(waterflow audit verify run-\S+)$/mu.exec(stdout)?.[1];
    const [shown = ''] = linesOf(blockOn('docs/getting-started.md', { begins: 'waterflow audit verify' }));
    expect(verify).toBe(filled(shown, { 'run-01...': runId.exec(stdout)?.[0] ?? '' }));
    expect(await place.run(String(verify))).toContain('the chain holds');
  });

  it.skipIf(!hasBubblewrap)('sets the ceiling', async () => {
    const policy = blockOn('docs/getting-started.md', { begins: 'version: 1' });
    const place = placeWith({ 'hello.yml': hello, 'policy.yaml': policy });
    expect(await place.run(blockOn('docs/getting-started.md', { begins: 'waterflow run hello.yml --policy' }))).toMatch(
      /^✓ hello success/mu,
    );
  });

  it('shows more of the language', async () => {
    const place = placeWith();
    const [loop = '', fleet = '', approval = ''] = linesOf(
      blockOn('docs/getting-started.md', { begins: 'waterflow run examples/for-each.yml' }),
    );
    await place.run(inClone(`${loop}\n${fleet}`));
    const waiting = place.start(inClone(`exec ${approval}`));
    await waiting.saying('waterflow approve');
    await place.run('waterflow approve latest --by ada');
    expect(await waiting.ended).toMatchObject({ code: 0 });
  });
});

it('README.md validates and runs what it shows', async () => {
  const place = placeWith({ 'project/Makefile': 'all:\n\t@echo built $(FLAVOUR)\n' });
  await place.run(
    'cd project && git init -q && git add . && git -c user.name=a -c user.email=a@localhost commit -qm a && git tag v1.2.0',
  );
  symlinkSync(join(root, 'bin'), join(place.folder, 'bin'));
  const workflow = filled(blockOn('README.md', { language: 'yaml' }), {
    'https://example.com/team/project.git': join(place.folder, 'project'),
  });
  writeFileSync(join(place.folder, 'release.yml'), workflow);
  const printed = await place.run(blockOn('README.md', { begins: 'bin/waterflow validate release.yml' }));
  expect(printed).toContain('built debug');
  expect(printed).toContain('built release');
});

describe('docs/workflow-syntax.md', () => {
  it('validates, plans and runs with inputs, variables and secrets', async () => {
    const place = placeWith(
      {
        'release.yml': `on: { manual: { inputs: { tag: { type: string } } } }\njobs: { build: { steps: [{ run: 'echo "$T to $R, $S"', env: { T: "\${{ inputs.tag }}", R: "\${{ vars.region }}", S: "\${{ secrets.DEPLOY_TOKEN }}" } }] } }\n`,
      },
      { DEPLOY_TOKEN: 'words-of-a-token' },
    );
    expect(await place.run(blockOn('docs/workflow-syntax.md', { language: 'indented' }))).toContain('v3 to eu, ***');
  });

  it('shows what is said of a mistake', async () => {
    const shown = blockOn('docs/workflow-syntax.md', { begins: 'ci.yml:12:9' });
    const step = "    - run: 'true'\n";
    const workflow = `name: ci\non: manual\njobs:\n  a:\n    steps:\n${step.repeat(4)}    - uses: checkout@v1\n      with:\n        repo: https://example.com/team/project.git\n`;
    const place = placeWith({ 'ci.yml': workflow });
    const { stdout } = await place.start('waterflow validate ci.yml').ended;
    const said = stdout.split('\n').slice(0, shown.trimEnd().split('\n').length);
    expect(areShown(said, shown.trimEnd().split('\n')) ? shown.trimEnd().split('\n') : said).toEqual(
      shown.trimEnd().split('\n'),
    );
  });

  it('evaluates expressions, one a line', async () => {
    const shown = blockOn('docs/workflow-syntax.md', { begins: '{"result"' }).trimEnd().split('\n');
    const requests = ['{ "expr": "inputs.n", "contexts": { "inputs": { "n": 1 } } }', '{ "expr": "nope()" }'];
    const place = placeWith({ requests: `${requests.join('\n')}\n` });
    const printed = (await place.run('waterflow eval --batch <requests')).trimEnd().split('\n');
    expect(areShown(printed, shown) ? shown : printed).toEqual(shown);
  });
});

it('docs/audit.md keeps checkpoints elsewhere', async () => {
  const place = placeWith({ FILE: "on: manual\njobs: { a: { steps: [{ run: 'true' }] } }\n" });
  const witness = join(place.folder, 'heads.ndjson');
  const [run = '', verify = ''] = linesOf(
    filled(blockOn('docs/audit.md', { begins: 'waterflow run FILE' }), { '/mnt/witness/heads.ndjson': witness }),
  );
  const [id = ''] = runId.exec(await place.run(run)) ?? [];
  expect(await place.run(filled(verify, { RUN: id }))).toContain('checkpoint');
});

it('docs/doctor.md tries the machine', async () => {
  const place = placeWith();
  const [doctor = '', forMachines = ''] = linesOf(blockOn('docs/doctor.md', { begins: 'waterflow doctor' }));
  const policy = join(root, 'policies/default.yaml');
  expect((await place.start(doctor).ended).stdout).toContain('this machine gives confinement level');
  const { stdout } = await place.start(filled(forMachines, { ' F ': ` ${policy} ` })).ended;
  expect(JSON.parse(stdout)).toMatchObject({ level: expect.any(Number), holds: expect.any(Boolean) });
});

describe('the pages of nodes that wait', () => {
  it.each(blocksOn('plugins/approval/README.md', { language: '' }).flatMap(({ text }) => linesOf(text)))(
    '%s',
    async (line) => {
      const place = placeWith({
        'w.yml': "on: manual\njobs: { a: { steps: [{ id: draft, run: 'echo draft' }, { uses: approval@v1 }] } }\n",
      });
      const waiting = place.start('exec waterflow run w.yml');
      await waiting.saying('waterflow approve');
      await place.run(line);
      if (line.includes('--push-back')) {
        await place.run('waterflow approve latest');
      }
      expect((await waiting.ended).code).toBe(line.includes('--reject') ? 1 : 0);
    },
  );

  it('plugins/wait-for/README.md sends a signal', async () => {
    const place = placeWith({
      'w.yml': 'on: manual\njobs: { a: { steps: [{ uses: wait-for@v1, with: { signal: payment } }] } }\n',
    });
    const waiting = place.start('exec waterflow run w.yml');
    await waiting.saying('waterflow signal');
    await place.run(blockOn('plugins/wait-for/README.md', { begins: 'waterflow signal' }));
    expect((await waiting.ended).code).toBe(0);
  });
});

it('the page of the shop in Python places, approves and follows an order', async () => {
  const place = placeWith();
  const [server = '', ...keys] = linesOf(blockOn('examples/clients/python/README.md', { begins: 'waterflow server' }));
  const running = place.start(`exec ${server} --port 0`);
  await running.saying('"message":"listening on ');
  const url = /"url":"([^"]+)"/u.exec(running.stdout)?.[1] ?? '';
  const [shop = '', grace = ''] = await Promise.all(
    keys.map(async (line) => /wf_\w{8}_[\w-]{43}/u.exec(await place.run(line))?.[0] ?? ''),
  );
  const [where = '', order = '', approve = '', follow = ''] = linesOf(
    blockOn('examples/clients/python/README.md', { begins: 'export WATERFLOW_SERVER_URL' }),
  );
  cpSync(join(root, 'examples/clients/python'), join(place.folder, 'shop'), { recursive: true });
  const there = `cd shop\n${filled(where, { 'http://127.0.0.1:8080': url })}\n`;
  await place.run(there + filled(order, { 'wf_…': shop }));
  const following = place.start(there + filled(follow, { 'wf_…': shop }));
  await place.run(there + filled(approve, { 'wf_…': grace }));
  expect((await following.ended).code).toBe(0);
});

it('plugins/cache/README.md has a run keep its archives in the bucket that the environment names', async () => {
  const asked: string[] = [];
  const bucket = createServer((request, response) => {
    asked.push(String(request.url));
    response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void bucket.close());
  await once(bucket, 'listening');
  const { port } = bucket.address() as AddressInfo; // It listens on a port.
  const place = placeWith(
    {
      'build.yml':
        'on: manual\njobs: { a: { steps: [{ uses: cache@v1, continue-on-error: true, with: { mode: restore, path: deps, key: k } }] } }\n',
    },
    { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
  );
  await place.run(
    filled(blockOn('plugins/cache/README.md', { language: 'sh' }), {
      'https://minio.example.com': `http://127.0.0.1:${port}`,
    }),
  );
  expect(asked.length).toBeGreaterThan(0);
  for (const path of asked) expect(decodeURIComponent(path)).toMatch(/^\/ci-cache\/?.*waterflow\/archives\//u);
});
