import { benchTerminal } from './agent.ts';
import { openPlugins } from '../cli/composition/plugins.ts';
import { compile } from '../dsl/index.ts';
import type { Bench, Figure } from './figure.ts';
import { parseDocument } from 'yaml';

const samples = 100;
const warmUps = 5;
const jobs = 100;

/** A workflow file of 1,000 lines, from its text to diagnostics and a plan. */
export async function validation(bench: Bench): Promise<readonly Figure[]> {
  const source = workflow();
  const catalogue = openPlugins(benchTerminal(bench.scratch), []).nodes(undefined);
  const once = (): number => {
    const start = performance.now();
    const { plan, diagnostics } = compile(source, { file: 'bench.yml', catalogue });
    const milliseconds = performance.now() - start;
    if (plan?.jobs.length !== jobs) throw new Error(JSON.stringify(diagnostics[0]));
    return milliseconds;
  };
  const parse = (): number => {
    const start = performance.now();
    if (parseDocument(source).errors.length > 0) throw new Error('the workflow is no YAML');
    return performance.now() - start;
  };
  const first = once();
  for (let each = 1; each < warmUps; each += 1) once();
  const taken: number[] = [];
  const floor: number[] = [];
  while (taken.length < samples) {
    taken.push(once());
    floor.push(parse());
  }
  bench.progress(`${samples} times ${source.split('\n').length - 1} lines`);
  return [
    {
      what: 'validate 1,000 lines',
      unit: 'ms',
      samples: taken,
      floors: [{ what: 'bare YAML parse of the same file', unit: 'ms', samples: floor }],
      budgets: [{ statistic: 'p95', most: 50 }],
      note: `${jobs} jobs with expressions in each; the first time in the process took ${Math.round(first)} ms`,
    },
  ];
}

function workflow(): string {
  // Two lines here, eight of the first job and ten of each other one: 1,000.
  return ['on: manual', 'jobs:', ...Array.from({ length: jobs }, (_, job) => jobLines(job)).flat(), ''].join('\n');
}

function jobLines(job: number): readonly string[] {
  const before = [
    `    needs: [job-${job - 1}]`,
    `    if: \${{ !cancelled() && (vars.only == '' || contains(fromJSON(vars.only), 'job-${job}')) }}`,
  ];
  const earlier = job === 0 ? 'none' : `\${{ needs.job-${job - 1}.outputs.value }}`;
  return [
    `  job-${job}:`,
    ...(job === 0 ? [] : before),
    `    env: { EARLIER: "${earlier}", NUMBER: "\${{ format('{0}-${job}', vars.number) }}" }`,
    `    outputs: { value: "\${{ steps.work.outputs.value }}" }`,
    '    steps:',
    '      - id: work',
    '        run: echo "value=$EARLIER" >> "$WATERFLOW_OUTPUT"',
    `      - if: \${{ steps.work.outcome == 'success' }}`,
    '        run: echo ${{ toJSON(steps.work.outcome) }}',
  ];
}
