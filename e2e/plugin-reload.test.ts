import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askServer, begunStep, endedRun, logOf, type ServerProcess, serverPlace } from './server-process.ts';

const manifest = (version: string): string => `name: greet
version: ${version}
description: Greets.
runtime: isolate
main: index.ts
`;
const source = (word: string): string => `import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (_inputs, host) => void host.log('${word}'));
`;

const workflow = 'on: manual\njobs: { a: { steps: [{ uses: greet@v1 }] } }\n';

async function submit(server: ServerProcess, text: string): Promise<string> {
  const { status, body } = await askServer(server, '/v1/workflows', { workflow: text });
  expect(status).toBe(201);
  return String(body['id']);
}

async function logTo(server: ServerProcess, run: string): Promise<string> {
  expect(await endedRun(server, run)).toMatchObject({ status: 'success' });
  return await (await fetch(new URL(`/v1/workflows/${run}/logs?format=text`, server.url))).text();
}

/** Versions of `greet` that the server can run. */
async function versionsIn(server: ServerProcess): Promise<readonly unknown[]> {
  const { body } = await askServer(server, '/v1/plugins');
  const items = Object.values(body).find((value) => Array.isArray(value)) as readonly Readonly<
    Record<string, unknown>
  >[]; // As the API says.
  return items.filter(({ name }) => name === 'greet').map(({ version }) => version);
}

async function begin() {
  const place = serverPlace({ 'plugins/one/plugin.yaml': manifest('1.0.0'), 'plugins/one/index.ts': source('one') });
  const plugins = join(place.folder, 'plugins');
  const server = await place.begin({ env: { PLUGIN_DIR: plugins } });
  /** Puts a plugin there as an installation does: whole, at once. */
  const put = (folder: string, version: string, text: string, name = 'greet'): void => {
    const made = join(place.folder, 'made');
    mkdirSync(made);
    writeFileSync(join(made, 'plugin.yaml'), manifest(version).replace('greet', name));
    writeFileSync(join(made, 'index.ts'), text);
    rmSync(join(plugins, folder), { recursive: true, force: true });
    renameSync(made, join(plugins, folder));
  };
  return { place, plugins, server, put };
}

describe('a server whose plugin folder changes', () => {
  it('takes a new version for new runs at once, and lets one that goes on keep what it began with', async () => {
    const { place, server, put, plugins } = await begin();
    const go = join(place.folder, 'go');
    const waiting = await submit(
      server,
      `on: manual
jobs:
  a:
    steps:
      - uses: greet@v1
      - run: echo begun; until [ -e ${go} ]; do sleep 0.1; done
      - uses: greet@v1
`,
    );
    const log = (): Promise<string> =>
      fetch(new URL(`/v1/workflows/${waiting}/logs?format=text`, server.url)).then((answer) => answer.text());
    await expect.poll(log).toContain('begun');

    put('one', '1.0.0', source('other bytes'));
    await server.process.complaining('plugin greet@1.0.0 was changed');
    put('two', '1.1.0', source('two'));
    await server.process.complaining('plugin greet@1.1.0 was loaded');
    expect(await versionsIn(server)).toEqual(['1.0.0', '1.1.0']);
    expect(await logTo(server, await submit(server, workflow))).toBe('[a/0] two\n');
    writeFileSync(go, '');
    expect(await logTo(server, waiting)).toBe('[a/0] one\n[a/1] begun\n[a/2] one\n');

    rmSync(join(plugins, 'two'), { recursive: true });
    await server.process.complaining('plugin greet@1.1.0 was removed');
    expect(await versionsIn(server)).toEqual(['1.0.0']);
    expect(await logTo(server, await submit(server, workflow))).toBe('[a/0] other bytes\n');
  });

  it('is killed, and lets a run go on with what it began with, though that was replaced or removed meanwhile', async () => {
    const { place, server, put, plugins } = await begin();
    put('bye', '1.0.0', source('bye'), 'bye');
    await server.process.complaining('plugin bye@1.0.0 was loaded');
    const step = ['greet@v1', 'bye@v1', 'approval@v1', 'greet@v1', 'bye@v1'].map((uses) => `{ uses: ${uses} }`);
    const run = await submit(server, `on: manual\njobs: { work: { steps: [${step.join(', ')}] } }\n`);
    await begunStep(server, run, '2');
    server.process.child.kill('SIGKILL');
    await server.process.ended;
    put('one', '1.0.0', source('other bytes'));
    rmSync(join(plugins, 'bye'), { recursive: true });

    const next = await place.begin({ env: { PLUGIN_DIR: plugins } });
    expect(await logTo(next, await submit(next, workflow))).toBe('[a/0] other bytes\n');
    await askServer(next, `/v1/workflows/${run}/approvals`, { decision: 'approve' });
    const said = await logTo(next, run);
    expect(said.split('\n').filter((line) => / (?:one|bye)$/u.test(line))).toEqual([
      '[work/0] one',
      '[work/1] bye',
      '[work/3] one',
      '[work/4] bye',
    ]);
    // Nobody goes on with it.
    await expect.poll(() => existsSync(join(place.state, 'plugins/runs', run))).toBe(false);
  });

  it('refuses what is broken, with the reason in its log, and goes on with what was there', async () => {
    const { server, put, plugins } = await begin();
    put('one', '1.1.0', 'enum Word { two }\n');
    await server.process.complaining('greet@1.0.0 goes on as it was');
    expect(logOf(server.process.stderr).filter(({ event }) => event === 'plugin_refused')).toMatchObject([
      { level: 'warn', code: 'PLUGIN_INVALID', digest: expect.stringMatching(/^sha256:/u) },
    ]);
    expect(await logTo(server, await submit(server, workflow))).toBe('[a/0] one\n');

    writeFileSync(join(plugins, 'one', 'plugin.yaml'), 'name: greet\n');
    await server.process.complaining('`version` is missing');
    expect(await versionsIn(server)).toEqual(['1.0.0']);
    cpSync(join(plugins, 'one'), join(plugins, 'three'), { recursive: true });
    await server.process.complaining('plugins/three/plugin.yaml');
    expect(await logTo(server, await submit(server, workflow))).toBe('[a/0] one\n');

    put('one', '1.2.0', source('corrected'));
    await server.process.complaining('plugin greet@1.2.0 was loaded');
    expect(await versionsIn(server)).toEqual(['1.2.0']);
    expect(await logTo(server, await submit(server, workflow))).toBe('[a/0] corrected\n');
  });
});
