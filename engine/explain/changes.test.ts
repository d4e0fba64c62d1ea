import { describe, expect, it } from 'vitest';
import { compileFiles } from '../../dsl/testing/workflows.ts';
import type { Digest, JsonObject, Plan, StepResult } from '../../schemas/index.ts';
import { overridden } from '../contract/overridden.ts';
import { follow, World } from '../contract/world.ts';
import { createEmbeddedEngine } from '../embedded/engine.ts';
import { storeOf } from '../embedded/testing/driver.ts';
import type { Explanation } from './api.ts';
import { planChanges } from './plan-diff.ts';
import { explained } from './testing/explained.ts';

function planOf(text: string, further: Readonly<Record<string, string>> = {}): Plan {
  const { plan, diagnostics } = compileFiles({ 'w.yml': text, ...further }).result;
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics));
  return plan;
}

const before = `name: w
on: { manual: { inputs: { tag: { type: string, default: v1 } } } }
jobs:
  build:
    steps:
      - run: make
      - run: make test
      - { id: pack, run: make pack, env: { LEVEL: '9' } }
  old: { steps: [{ run: make old }] }
`;

describe('what changed in a workflow is told in words, without values', () => {
  it.each([
    ['a comment, and lines that move', `# new\n\n${before}`, []],
    [
      'a step that comes first',
      before.replace('- run: make\n', '- run: make deps\n      - run: make\n'),
      ['step `build/0` (run@v1) was added'],
    ],
    ['a step that goes', before.replace('      - run: make test\n', ''), ['step `build/1` (run@v1) was removed']],
    ['the script of a step', before.replace('make test', 'make tests'), ['`with.script` of step `build/1` changed']],
    ['a variable of a step', before.replace("'9'", "'1'"), ['`env.LEVEL` of step `build/pack` changed']],
    [
      'keys of a step',
      before.replace('make pack,', 'make pack, if: always(), timeout-minutes: 5,'),
      ['`timeout-minutes` and `if` of step `build/pack` changed'],
    ],
    ['jobs', before.replace('  old:', '  new:'), ['job `new` was added', 'job `old` was removed']],
    [
      'a key of a job',
      before.replace('  old: {', '  old: { timeout-minutes: 5,'),
      ['`timeout-minutes` of job `old` changed'],
    ],
    ['an input', before.replace('default: v1', 'default: v2'), ['`inputs` of the workflow changed']],
  ])('%s', (_, after, texts) => {
    expect(planChanges(planOf(before), planOf(after)).map(({ text }) => text)).toEqual(texts);
  });

  it('of the workflows that it calls, too', () => {
    const calls = 'jobs: { a: { uses: ./r.yml } }\n';
    const called = (script: string) => ({
      'r.yml': `on: workflow_call\njobs: { b: { steps: [{ run: ${script} }] } }\n`,
    });
    const changes = planChanges(planOf(calls, called('make')), planOf(calls, called('make all')));
    expect(changes.map(({ text }) => text)).toEqual(['in r.yml: `with.script` of step `b/0` changed']);
  });
});

/** Runs of one workflow after another; each step gives what its run says. Explains the last. */
async function lastOf(
  runs: readonly {
    readonly text?: string;
    readonly inputs?: JsonObject;
    readonly secrets?: Readonly<Record<string, string>>;
    readonly version?: string;
    readonly agent?: string;
    readonly fails?: true;
  }[],
): Promise<Explanation> {
  using world = new World();
  let now = runs[0] ?? {};
  await using engine = createEmbeddedEngine({
    store: storeOf(world),
    clock: world.clock,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    openExecutor: async (run) =>
      overridden(await world.openExecutor(run, [now.agent ?? 'one']), { execute: async () => resultOf(now) }),
  });
  let run;
  for (now of runs) {
    const { text = before, inputs = { tag: 'v1' }, secrets = {} } = now;
    const handle = await engine.start({
      plan: planOf(text),
      tenant: 'default',
      inputs,
      vars: {},
      secrets,
      settings: {},
    });
    await follow(handle);
    // Ids of runs that are made at the same time are in no order.
    await world.clock.pass(1000);
    ({ run } = handle);
  }
  if (run === undefined) throw new Error('there is no run');
  return await explained(engine, run);
}

function resultOf({ version = '1.0.0', fails }: { readonly version?: string; readonly fails?: true }): StepResult {
  // A digest of nothing in particular.
  const digest = `sha256:${version.replaceAll('.', '').padEnd(64, '0')}` as Digest;
  const rest = { outputs: {}, host_calls: { allowed: 0, denied: 0 }, plugin: { name: 'run', version, digest } };
  if (fails === undefined) return { outcome: 'success', ...rest };
  const error = { code: 'STEP_FAILED', message: 'exit code 1', remedy: 'Look at the log.' } as const;
  return { outcome: 'failure', class: 'failure', error, ...rest };
}

describe('a run that failed is put beside the last one that succeeded', () => {
  it('and has nothing to be put beside where none did', async () => {
    const { since, recurrence } = await lastOf([{ fails: true }]);
    expect({ since, verdict: recurrence?.verdict }).toEqual({ since: { changes: [], same: [] }, verdict: 'unknown' });
  });

  it('with nothing changed, it is flaky, and is to be tried again', async () => {
    const { since, recurrence, next } = await lastOf([{}, { fails: true }]);
    expect(since?.changes).toEqual([]);
    expect(since?.same).toEqual([
      'the workflow file',
      'the plugins',
      'the inputs',
      'the variables',
      'the names of the secrets',
      'the agents',
    ]);
    expect({ verdict: recurrence?.verdict, next: next[0]?.words[0] }).toEqual({ verdict: 'flaky', next: 'rerun' });
  });

  it('in file, plugin, inputs, secrets and agent, and no value is told', async () => {
    const { since, recurrence } = await lastOf([
      { inputs: { tag: 'canary-1' }, secrets: { OLD: 'canary-secret' } },
      {
        text: before.replace('- run: make\n', '- run: make -s\n'),
        inputs: { tag: 'canary-2' },
        secrets: { NEW: 'canary-secret' },
        version: '1.1.0',
        agent: 'two',
        fails: true,
      },
    ]);
    expect(since?.changes.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      expect.stringMatching(/^workflow: the workflow file is another: sha256:[0-9a-f]{12}, now sha256:[0-9a-f]{12}$/u),
      'workflow: `with.script` of step `build/0` changed',
      'plugin: the plugin run is run 1.1.0 (sha256:110000000000), and was run 1.0.0 (sha256:100000000000)',
      'input: the input `tag` has another value',
      "secret: the secret `NEW` is given now, and wasn't then",
      "secret: the secret `OLD` was given then, and isn't now",
      'agent: job `build` ran on the agent two, and on one then',
      'agent: job `old` ran on the agent two, and on one then',
    ]);
    expect(recurrence?.verdict).toBe('new');
    expect(JSON.stringify(since)).not.toContain('canary');
  });

  it('and beside those that failed in the same way', async () => {
    const other = { inputs: { tag: 'v0' } };
    const { since, recurrence } = await lastOf([other, { fails: true }, { fails: true }]);
    expect(recurrence).toMatchObject({ verdict: 'repeated', sentence: 'step `build/0` failed in the run before, too' });
    expect({ failed: recurrence?.failed_in.length, succeeded: recurrence?.succeeded_in }).toEqual({
      failed: 1,
      succeeded: [since?.run],
    });
  });
});
