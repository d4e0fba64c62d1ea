import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../cli/composition/engine.ts';
import { openPlugins } from '../../cli/composition/plugins.ts';
import { testTerminal } from '../../cli/testing/terminal.ts';
import { compile } from '../../dsl/index.ts';
import type { Span } from './span.ts';
import { runTraceParent, tracedEngine } from './traced-engine.ts';

let state: string;
let opened: ReturnType<typeof openEngine>;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'waterflow-traced-'));
  opened = openEngine(testTerminal({ cwd: state, now: Date.now }), { state, approve: [], sandboxes: 'when needed' });
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await rm(state, { recursive: true, force: true });
});

const trace = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${trace}-b7ad6b7169203331-01`;
const workflow = `name: traced
on: manual
jobs:
  wait:
    runs-on: local
    steps:
      - id: first
        uses: sleep@v1
        with: { duration: 20ms }
      - id: second
        if: false
        uses: sleep@v1
        with: { duration: 20ms }
`;

async function spansOfRun(known: { readonly traceparent?: string } | 'unknown' | 'broken'): Promise<readonly Span[]> {
  const spans: Span[] = [];
  const engine = tracedEngine(opened.engine, {
    spans: { ended: (span) => spans.push(span) },
    runOf: async () => {
      if (known === 'broken') throw new Error('the records are gone');
      return known === 'unknown' ? undefined : { tenant: 'acme', ...known };
    },
  });
  const catalogue = openPlugins(testTerminal({ cwd: state }), []).nodes(undefined);
  const { plan } = compile(workflow, { file: 'traced.yml', catalogue });
  const settings = opened.settings([]);
  const request = { plan: plan!, tenant: 'acme', inputs: {}, vars: {}, secrets: {}, settings };
  const handle = await engine.start(request);
  for await (const _ of handle.notices);
  expect(await handle.finished).toMatchObject({ status: 'success' });
  return spans;
}

describe('spans of runs', () => {
  it('are the run, a part of the request that started it, and its steps as parts of it', async () => {
    const spans = await spansOfRun({ traceparent });
    const run = spans.at(-1)!;
    expect(run).toMatchObject({
      name: 'run traced',
      context: { trace, sampled: true },
      parent: 'b7ad6b7169203331',
      attributes: { 'waterflow.tenant': 'acme', 'waterflow.run.status': 'success' },
      failed: false,
    });
    const steps = spans.slice(0, -1);
    expect(steps.map(({ name }) => name)).toEqual(['step wait/first', 'step wait/second']);
    expect(steps.every(({ context, parent }) => context.trace === trace && parent === run.context.parent)).toBe(true);
    expect(new Set(spans.map(({ context }) => context.parent)).size).toBe(3);
    expect(steps[0]!.to - steps[0]!.from).toBeGreaterThanOrEqual(20);
    expect(steps[0]!.from).toBeGreaterThanOrEqual(run.from - 1);
    const id = String(run.attributes['waterflow.run.id']);
    expect(runTraceParent(id, traceparent)).toBe(`00-${trace}-${run.context.parent}-01`);
  });

  it('are a trace of their own where nothing started the run that has one', async () => {
    const spans = await spansOfRun({});
    expect(spans.at(-1)!.parent).toBeUndefined();
    expect(new Set(spans.map(({ context }) => context.trace)).size).toBe(1);
  });

  it.each(['unknown', 'broken'] as const)('are none where the trace is %s, and the run goes on', async (known) => {
    expect(await spansOfRun(known)).toEqual([]);
  });
});
