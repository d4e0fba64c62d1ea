import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newQueueKey, parsePublicKey } from '../engine/temporal/payloads/queue-keys.ts';
import { endOf, presenceOf, startAgentOf, worldOfSuite } from './agent-world.ts';
import { folderWith } from './command.ts';
import { needs } from './require.ts';

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
    await expect.poll(told, { timeout: 30_000 }).toContain('later');
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
    await expect.poll(() => existsSync(begun), { timeout: 20_000 }).toBe(true);
    await startAgentOf(world, { name: 'staying' });
    const at = performance.now();
    leaving.process.kill('SIGTERM');
    const summary = await endOf(run);
    expect(summary.jobs['work']).toMatchObject({ status: 'success', attempts: 2 });
    expect(performance.now() - at).toBeLessThan(30_000);
    expect((await leaving.process.ended).code).toBe(0);
  });
});
