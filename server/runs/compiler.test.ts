import { describe, expect, it } from 'vitest';
import { openPlugins } from '../../cli/composition/plugins.ts';
import { testTerminal } from '../../cli/testing/terminal.ts';
import type { NodeCatalogue } from '../../dsl/api.ts';
import type { ServerClock } from '../parts.ts';
import { createCompileThread, TooHeavy } from './compile-thread.ts';
import { createCompiler } from './compiler.ts';
import { prepareRun } from './prepare.ts';
import type { WorkflowSource } from './submissions.ts';
import type { TaskLimits } from './task-watch.ts';

const clock: ServerClock = {
  now: Date.now,
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};
const nodes = openPlugins(testTerminal(), []).nodes(undefined);
const nodesFrom = () => [nodes];
const source = (workflow: string, files: WorkflowSource['files'] = {}): WorkflowSource => ({
  workflow,
  files,
  file: 'workflow.yml',
});
const simple = 'name: simple\non: manual\njobs: { a: { steps: [{ run: "true" }, { uses: htpt@v1 }] } }\n';
/** Looks at the thread all the time, and is patient otherwise. */
const hasty: TaskLimits = { lookMs: 1, processorMs: 60_000, longestMs: 60_000 };
/** Backtracks for longer than anybody waits. */
const patient = `
name: patient
on: { manual: { inputs: { text: { type: string, pattern: '^(a+)+$' } } } }
jobs: { a: { steps: [{ run: 'true' }] } }
`;

function counting(catalogue: NodeCatalogue) {
  const asked: string[] = [];
  const counted: NodeCatalogue = {
    ...catalogue,
    find: (uses) => {
      asked.push(uses);
      return catalogue.find(uses);
    },
  };
  return { asked, counted };
}

describe('reading workflows beside the server', () => {
  it('gives what reading them here would give, with guesses at what was meant', async () => {
    await using thread = createCompileThread({ catalogue: nodes, clock });
    const { plan, diagnostics } = await createCompiler({ thread, clock, nodesFrom })('default', source(simple));
    expect(plan).toBeUndefined();
    expect(diagnostics).toMatchObject([{ code: 'PLUGIN_NOT_FOUND', remedy: expect.stringContaining('http@v1') }]);
  });

  it('reads the same source once, however many send it at a time, and another one anew', async () => {
    const { asked, counted } = counting(nodes);
    await using thread = createCompileThread({ catalogue: counted, clock });
    const read = createCompiler({ thread, clock, nodesFrom });
    const right = simple.replace('htpt', 'http');
    const all = await Promise.all(Array.from({ length: 50 }, () => read('default', source(right))));
    expect(new Set(all).size).toBe(1);
    expect(await read('default', source(right))).toBe(all[0]);
    expect(asked.filter((uses) => uses === 'http@v1')).toHaveLength(1);
    await read('default', source(right, { 'other.yml': '' }));
    expect(asked.filter((uses) => uses === 'http@v1')).toHaveLength(2);
  });

  it('reads it anew as soon as other nodes may be there', async () => {
    const gone: NodeCatalogue = { ...nodes, find: () => ({ missing: 'it was removed' }) };
    let current = nodes;
    const now: NodeCatalogue = { ...nodes, find: (uses) => current.find(uses) };
    await using thread = createCompileThread({ catalogue: now, clock });
    const read = createCompiler({ thread, clock, nodesFrom: () => [current] });
    const right = source('on: manual\njobs: { a: { steps: [{ run: "true" }] } }\n');
    const before = await read('default', right);
    expect(before.plan).toBeDefined();
    current = gone;
    expect((await read('default', right)).diagnostics).toMatchObject([{ code: 'PLUGIN_NOT_FOUND' }]);
    current = nodes;
    expect((await read('default', right)).plan?.digest).toBe(before.plan?.digest);
  });

  it('takes workflows of tenants in turn, and of one no more than are its share', async () => {
    await using thread = createCompileThread({ catalogue: nodes, clock });
    const read = createCompiler({ thread, clock, nodesFrom });
    const ended: string[] = [];
    const flood = Array.from({ length: 200 }, async (_, index) => {
      const answer = await read('greedy', source(`${simple}# ${index}`)).then(
        () => 'read',
        (cause: unknown) => `refused: ${String(cause)}`,
      );
      ended.push(`greedy ${answer}`);
    });
    await read('modest', source(simple));
    expect(ended.filter((one) => one === 'greedy read').length).toBeLessThan(5);
    await Promise.all(flood);
    const refused = ended.filter((one) => one !== 'greedy read');
    expect(new Set(refused)).toEqual(new Set(['greedy refused: WaterflowFailure: too many workflows wait to be read']));
    expect(refused).toHaveLength(71);
  });

  it('gives no more problems than an answer has room for', async () => {
    await using thread = createCompileThread({ catalogue: nodes, clock });
    const wrong = '${{ a }}'.repeat(20_000);
    const { diagnostics } = await createCompiler({ thread, clock, nodesFrom })(
      'default',
      source(`jobs: { a: { steps: [{ run: "${wrong}" }] } }`),
    );
    expect(JSON.stringify(diagnostics).length).toBeLessThan(1_100_000);
    expect(diagnostics.at(-1)).toMatchObject({
      severity: 'error',
      message: expect.stringMatching(/^there are \d+ more problems$/u),
    });
  });

  it('ends what takes too long, and reads the next', async () => {
    const read = { kind: 'compile', source: source(simple) } as const;
    await using thread = createCompileThread({ catalogue: nodes, clock, limits: { ...hasty, processorMs: 0 } });
    const [first, second] = [thread.run('default', read), thread.run('default', read)];
    await expect(first).rejects.toBeInstanceOf(TooHeavy);
    await expect(second).rejects.toBeInstanceOf(TooHeavy);
    expect(await createCompiler({ thread, clock, nodesFrom })('default', source(simple))).toMatchObject({
      diagnostics: [{ code: 'LIMIT_EXCEEDED', remedy: expect.any(String) }],
    });
  });

  it('asks whoever sent it to try again where the machine has no time for it', async () => {
    // Its time is over before the thread has begun.
    await using thread = createCompileThread({ catalogue: nodes, clock, limits: { ...hasty, longestMs: 0 } });
    const reading = createCompiler({ thread, clock, nodesFrom })('default', source(simple));
    await expect(reading).rejects.toMatchObject({ error: { code: 'SERVER_UNAVAILABLE' } });
  });

  it('does not hold the server up, whatever it is sent', async () => {
    await using thread = createCompileThread({ catalogue: nodes, clock });
    const deep = `a: ${'['.repeat(500_000)}`;
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 1);
    const { diagnostics } = await createCompiler({ thread, clock, nodesFrom })('default', source(deep));
    clearInterval(turning);
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(turns).toBeGreaterThan(0);
  });

  it('goes on after a rest, and takes none while it reads', async () => {
    await using thread = createCompileThread({ catalogue: nodes, clock });
    const compile = createCompiler({ thread, clock, nodesFrom });
    const reading = compile('default', source(simple));
    thread.rest();
    const first = await reading;
    thread.rest();
    expect(await compile('default', source(simple.replace('simple', 'other')))).toMatchObject({
      diagnostics: first.diagnostics,
    });
  });

  it('tells whoever waits when it is closed', async () => {
    const thread = createCompileThread({ catalogue: nodes, clock });
    const waiting = thread.run('default', { kind: 'compile', source: source(simple) });
    const [answer] = await Promise.allSettled([waiting, thread[Symbol.asyncDispose]()]);
    expect(answer).toMatchObject({ status: 'rejected', reason: { error: { code: 'SERVER_UNAVAILABLE' } } });
  });
});

it('inputs whose pattern takes forever are refused, and the server goes on meanwhile', async () => {
  await using slow = createCompileThread({ catalogue: nodes, clock });
  const { plan } = await createCompiler({ thread: slow, clock, nodesFrom })('default', source(patient));
  if (plan === undefined) throw new Error('it has a plan');
  await using thread = createCompileThread({ catalogue: nodes, clock, limits: { ...hasty, processorMs: 300 } });
  const parts = { plan: plan.content, thread, nextRun: () => 'run' as never, now: 0, secretsProblem: () => undefined };
  const run = { tenant: 'default', plan: plan.digest, vars: {}, secrets: {}, labels: {} };
  const origin = { kind: 'api', id: 'k', by: 'ada' } as const;
  const heavy = await prepareRun({ ...run, origin, inputs: { text: `${'a'.repeat(40)}!` } }, parts);
  expect(heavy).toMatchObject({ kind: 'invalid', diagnostics: [{ code: 'LIMIT_EXCEEDED' }] });
  const light = await prepareRun({ ...run, origin, inputs: { text: 'aaa' } }, { ...parts, thread: slow });
  expect(light).toMatchObject({ kind: 'ready', row: { request: { inputs: { text: 'aaa' } } } });
  const wrong = await prepareRun({ ...run, origin, inputs: { text: 'b' } }, { ...parts, thread: slow });
  expect(wrong).toMatchObject({ kind: 'invalid', diagnostics: [{ code: 'INVALID_VALUE' }] });
});
