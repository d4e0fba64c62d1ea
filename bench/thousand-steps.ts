import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openEngine } from '../cli/composition/engine.ts';
import { openPlugins } from '../cli/composition/plugins.ts';
import { compile } from '../dsl/index.ts';
import type { AbsolutePath, Plan } from '../schemas/index.ts';
import { benchTerminal, writePlugin } from './agent.ts';
import type { Bench, Figure } from './figure.ts';
import { bareIsolate } from './floors/floors.ts';

const rounds = 3;
const few = 100;
const many = 1000;
const plugin = './plugins/echo';

/** A job of many plugin steps, one after the other, on the embedded engine: journal, logs, audit, sandbox and all. */
export async function thousandSteps(bench: Bench): Promise<readonly Figure[]> {
  await using floor = await bareIsolate();
  const { scratch } = bench;
  writePlugin('echo', { folder: scratch, name: 'echo' });
  const terminal = benchTerminal(scratch);
  const catalogue = openPlugins(terminal, []).nodes(scratch as AbsolutePath); // mkdtemp in an absolute folder.
  const run = async (steps: number): Promise<number> => {
    const folder = join(scratch, 'state');
    mkdirSync(folder, { recursive: true });
    const plan = planOf(steps, catalogue);
    await using opened = openEngine(terminal, { state: folder, approve: [plugin], workflow: join(scratch, 'w.yml') });
    const handle = await opened.engine.start({
      plan,
      tenant: 'default',
      inputs: {},
      vars: {},
      secrets: {},
      settings: opened.settings([]),
    });
    // From here on: what starts once, the supervisor, isn't a step's cost.
    const start = performance.now();
    for await (const _ of handle.notices);
    const summary = await handle.finished;
    const milliseconds = performance.now() - start;
    if (summary.status !== 'success') throw new Error(JSON.stringify(summary.error ?? summary.status));
    return milliseconds;
  };
  await run(few);
  const totals: number[] = [];
  const ratios: number[] = [];
  const perStep: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const short = await run(few);
    const long = await run(many);
    totals.push(long / 1000);
    perStep.push(long / many);
    ratios.push(long / many / (short / few));
    for (let each = 0; each < 50; each += 1) await floor.sample();
    bench.progress(`round ${round + 1} of ${rounds}: ${Math.round(long)} ms for ${many} steps`);
  }
  return [
    { what: '1,000 steps', unit: 's', samples: totals, floors: [], budgets: [{ statistic: 'p50', most: 10 }] },
    { what: 'a step of them', unit: 'ms', samples: perStep, floors: [floor.floor], budgets: [] },
    {
      what: 'cost of a step, 1,000 to 100',
      unit: 'x',
      samples: ratios,
      floors: [],
      budgets: [{ statistic: 'p50', most: 1.3 }],
    },
  ];
}

function planOf(steps: number, catalogue: Parameters<typeof compile>[1]['catalogue']): Plan {
  const lines = Array.from(
    { length: steps },
    (_, step) => `      - { id: s${step}, uses: ${plugin}, with: { text: "step \${{ job.status }}" } }`,
  );
  const source = ['on: manual', 'jobs:', '  many:', '    steps:', ...lines, ''].join('\n');
  const { plan, diagnostics } = compile(source, { file: 'w.yml', catalogue });
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics[0]));
  return plan;
}
