import type { Outline, OutlinedJob, OutlinedStep, OutlinedSteps } from '../../../language/protocol.ts';

/** The job that an offset of the text lies in, or the last one before it. */
export function jobAt({ jobs }: Outline, offset: number): OutlinedJob | undefined {
  return jobs.findLast(({ from }) => from <= offset) ?? jobs[0];
}

/** The innermost step that an offset of the text lies in. */
export function stepAt(list: OutlinedSteps | undefined, offset: number): OutlinedStep | undefined {
  const step = list?.steps.find(({ from, to }) => from <= offset && offset <= to);
  if (step === undefined) return undefined;
  for (const body of Object.values(step.bodies)) {
    const inner = stepAt(body, offset);
    if (inner !== undefined) return inner;
  }
  return step;
}

/** What a list shows of a step: its name, else what it does. */
export function titleOf({ fields }: OutlinedStep): string {
  const { name, uses, run } = fields;
  const said = [name, uses, run].find((one) => typeof one === 'string');
  return typeof said === 'string' ? (said.split('\n')[0] ?? '') : '…';
}
