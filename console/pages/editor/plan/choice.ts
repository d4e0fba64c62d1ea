import type {
  Outline,
  OutlinedJob,
  OutlinedStep,
  OutlinedSteps,
  StepPlace,
  WorkflowEdit,
} from '../../../language/protocol.ts';

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

/** Where the cursor belongs after an edit: at what is new or moved, so that it stays the one that is chosen. Undefined: where it is. */
export function placeAfter(edit: WorkflowEdit, outline: Outline): number | undefined {
  switch (edit.kind) {
    case 'add-job':
    case 'move-job':
      return outline.jobs.find(({ id }) => id === edit.id)?.from;
    case 'add-step':
      return stepOf(outline, edit.at)?.from;
    case 'move-step':
      return stepOf(outline, edit.to)?.from;
    default:
      return undefined;
  }
}

function stepOf(outline: Outline, at: StepPlace): OutlinedStep | undefined {
  return listOf(outline, at)?.steps[at.index];
}

/** The list that a step is in. */
export function listOf({ jobs }: Outline, { list }: Pick<StepPlace, 'list'>): OutlinedSteps | undefined {
  const name = JSON.stringify(list);
  const waiting = jobs.flatMap(({ steps }) => steps ?? []);
  for (const one of waiting) {
    if (JSON.stringify(one.list) === name) return one;
    waiting.push(...one.steps.flatMap(({ bodies }) => Object.values(bodies)));
  }
  return undefined;
}

/** What a list shows of a step: its name, else what it does. */
export function titleOf({ fields }: OutlinedStep): string {
  const { name, uses, run } = fields;
  const said = [name, uses, run].find((one) => typeof one === 'string');
  return typeof said === 'string' ? (said.split('\n')[0] ?? '') : '…';
}
