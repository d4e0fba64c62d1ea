import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newQueueKey, parsePublicKey } from '../engine/temporal/payloads/queue-keys.ts';
import { endOf, presenceOf, startAgentOf, worldOfSuite } from './agent-world.ts';
import { folderWith, start, waterflow } from './command.ts';
import { needs } from './require.ts';
import { logOf } from './server-process.ts';

const oneStep = (script: string, job = ''): string => `
name: one
on: manual
jobs:
  work:
    runs-on: work
${job}    steps:
      - id: step
        run: |
${script.replaceAll(/^/gmu, '          ')}
`;

/** Makes a file, and then goes on for a minute. */
const long = (file: string): string => `echo $$ > ${file}; sleep 60`;

const calling = `
name: calling
on: manual
jobs:
  work:
    runs-on: work
    steps: [{ id: step, run: 'echo called' }]
`;
const denyAll = 'version: 1\nrules: []\n';

const healthOf = async (state: string) => {
  const { code, stdout } = await waterflow(['agent', 'health', '--state', state, '--json']);
  const { status, missing } = JSON.parse(stdout) as {
    readonly status: string;
    readonly missing: readonly { readonly part: string }[];
  };
  return { code, status, missing: missing.map(({ part }) => part) };
};

const key = await newQueueKey();

describe.skipIf(!(await needs('temporal')))('an agent on Temporal', { timeout: 120_000 }, () => {
  const suite = worldOfSuite(async () => new Map([['work', [await parsePublicKey(key.publicKey, 'key')]]]));

  it('runs the steps of a job in its sandboxes, keeps their log, and stops in order', async () => {
    const { world } = suite();
    const { process, state } = await startAgentOf(world, { name: 'first' });
    const run = await world.run(oneStep('echo hello from here\necho "answer=42" >> "$WATERFLOW_OUTPUT"'));
    const summary = await endOf(run);
    expect(summary.jobs['work']).toMatchObject({ status: 'success', steps: { step: { outcome: 'success' } } });
    expect(readFileSync(join(state, run.run, 'log.ndjson'), 'utf8')).toContain('hello from here');
    process.kill('SIGTERM');
    expect((await process.ended).code).toBe(0);
    await presenceOf(world, 'first', 'stopped');
  });

  it('hands to the later steps of a job what a script left for them, and to the steps of no other job', async () => {
    const { world } = suite();
    await startAgentOf(world, { name: 'carrying' });
    const left = 'echo "MODE=left" >> "$GITHUB_ENV"\nmkdir bin\necho bin >> "$GITHUB_PATH"';
    const steps = `      - if: env.MODE == 'left'
        run: test "$MODE $PATH" = "left $WATERFLOW_WORKSPACE/bin:\${PATH#*:}"
      - run: test "$MODE" = own
        env: { MODE: own }
  other:
    runs-on: work
    needs: work
    steps: [{ run: 'test "$MODE" = "" && case "$PATH" in $WATERFLOW_WORKSPACE*) exit 1;; esac' }]
`;
    const summary = await endOf(await world.run(`${oneStep(left)}${steps}`));
    expect(summary.jobs).toMatchObject({
      work: { status: 'success', steps: { 1: { status: 'success' }, 2: { status: 'success' } } },
      other: { status: 'success' },
    });
  });

  it('tells of plugins that are put into its folder while it runs', async () => {
    const { world } = suite();
    const folder = folderWith({});
    await startAgentOf(world, { name: 'reloading', env: { PLUGIN_DIR: folder } });
    await presenceOf(world, 'reloading', 'online');
    const made = folderWith({
      'later/plugin.yaml': 'name: later\nversion: 1.0.0\ndescription: Came later.\nruntime: isolate\nmain: index.js\n',
      'later/index.js': "export default (_, host) => void host.log('here now');\n",
    });
    renameSync(join(made, 'later'), join(folder, 'later'));
    const told = async (): Promise<readonly string[]> =>
      ((await world.agents.list()).find(({ name }) => name === 'reloading')?.plugins ?? []).map(({ name }) => name);
    await expect.poll(told).toContain('later');
    await presenceOf(world, 'reloading', 'online');
  });

  it('opens the secrets of a run by the key of its queue', async () => {
    const { world } = suite();
    const keys = join(folderWith({ keys: `${key.privateKey}\n` }), 'keys');
    const { chmodSync } = await import('node:fs');
    chmodSync(keys, 0o600);
    await startAgentOf(world, { name: 'keyed', env: { WATERFLOW_QUEUE_KEYS_FILE: keys } });
    const script = 'test "$TOKEN" = a-secret-value';
    const run = await world.run(
      oneStep(script, '').replace(
        '        run: |',
        '        env:\n          TOKEN: ${{ secrets.token }}\n        run: |',
      ),
      { secrets: { token: 'a-secret-value' } },
    );
    const summary = await endOf(run);
    expect(summary.jobs['work']).toMatchObject({ status: 'success' });
  });

  it('has jobs go on elsewhere at once that it does not finish within its grace', async () => {
    const { world, folder } = suite();
    const config = 'shutdown-grace: 500ms\n';
    const file = join(folderWith({ 'agent.yaml': config }), 'agent.yaml');
    const begun = join(folder, 'drained');
    const leaving = await startAgentOf(world, { name: 'leaving', argv: ['--config', file] });
    const run = await world.run(
      oneStep(`test -e ${begun} && exit 0\n${long(begun)}`, '    retry: { attempts: 2, initial-interval: 1s }\n'),
    );
    await expect.poll(() => existsSync(begun)).toBe(true);
    await startAgentOf(world, { name: 'staying' });
    const at = performance.now();
    leaving.process.kill('SIGTERM');
    const summary = await endOf(run);
    expect(summary.jobs['work']).toMatchObject({ status: 'success', attempts: 2 });
    expect(performance.now() - at).toBeLessThan(30_000);
    expect((await leaving.process.ended).code).toBe(0);
  });

  it('takes what it can of a changed configuration on SIGHUP, says what waits for a restart, and refuses what is wrong as a whole', async () => {
    const { world } = suite();
    const folder = folderWith({ 'agent.yaml': 'log-level: info\n' });
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });
    const config = join(folder, 'agent.yaml');
    const { process, state } = await startAgentOf(world, { name: 'reloaded', argv: ['--config', config] });
    expect(await healthOf(state)).toEqual({ code: 0, status: 'ready', missing: [] });
    let said = 0;
    const reload = async (yaml: string) => {
      write('agent.yaml', yaml);
      process.kill('SIGHUP');
      const answers = () =>
        logOf(process.stderr).filter(({ message }) => String(message).startsWith('the configuration was'));
      await expect.poll(() => answers().length).toBeGreaterThan(said);
      said += 1;
      return answers().at(-1);
    };
    const stepOf = async () => (await endOf(await world.run(calling))).jobs['work']?.steps['step'];
    expect(await stepOf()).toMatchObject({ status: 'success' });

    write('policy.yaml', denyAll);
    write(
      'secrets.yaml',
      'version: 1\nproviders: { own: { environment: { prefix: WF_ } } }\nsecrets: { A: { provider: own } }\n',
    );
    const next = 'log-level: debug\npolicy: policy.yaml\nsecrets-file: secrets.yaml\nslots: 7\nshutdown-grace: 1s\n';
    expect(await reload(next)).toMatchObject({
      level: 'info',
      changed: ['log-level', 'policy', 'secrets-file', 'the policy', 'the secrets file'],
      needs_restart: ['shutdown-grace', 'slots'],
    });
    expect(await stepOf()).toMatchObject({ status: 'failure', error: { code: 'DENIED' } });

    expect(await reload(`${next}server: { spool: much, wait: 0s }\n`)).toMatchObject({
      level: 'error',
      errors: [{ code: 'INVALID_INPUT' }, { code: 'INVALID_INPUT' }],
    });
    expect(await stepOf()).toMatchObject({ status: 'failure', error: { code: 'DENIED' } });
    expect(await reload('log-level: info\n')).toMatchObject({ level: 'info', needs_restart: [] });
    expect(await stepOf()).toMatchObject({ status: 'success' });
    process.kill('SIGTERM');
    expect((await process.ended).code).toBe(0);
  });

  it('says whether it takes jobs, also before Temporal is reached', async () => {
    const { world } = suite();
    const early = folderWith({});
    const env = { TEMPORAL_HOST: '127.0.0.1:9', TASK_QUEUES: 'work' };
    const waiting = start(['agent', '--name', 'early', '--state', early], { cwd: early, env });
    await waiting.complaining('Temporal is not reached');
    expect(await healthOf(early)).toEqual({ code: 1, status: 'not_ready', missing: ['temporal'] });
    waiting.kill('SIGTERM');
    await waiting.ended;

    // A longer name than sockets may have.
    const long = join(folderWith({}), 'a-state-folder-with-a-long-name-'.repeat(5));
    const { process } = await startAgentOf(world, { name: 'asked', state: folderWith({}), argv: ['--state', long] });
    expect(await healthOf(long)).toEqual({ code: 0, status: 'ready', missing: [] });
    process.kill('SIGTERM');
    expect((await process.ended).code).toBe(0);
  });
});
