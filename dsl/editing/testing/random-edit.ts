import type { Json, JsonObject } from '../../../schemas/index.ts';
import { type Outline, type OutlinedStep, type OutlinedSteps, type WorkflowEdit } from '../index.ts';

/** Numbers from 0 to 1, the same ones for the same seed: mulberry32. */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const texts: readonly string[] = [
  'plain',
  'two words',
  'true',
  '12',
  '- not a list',
  'a: b # c',
  "it's",
  '${{ github_like }}'.replace('github_like', 'workflow.run_id'),
  'first\nsecond\n',
  'no line break\nat the end',
  '  indented\n',
  'Zürich 北京 🚀',
  '',
];

const newSteps: readonly JsonObject[] = [
  { run: 'echo new' },
  { name: 'Several lines', run: 'echo one\necho two\n' },
  { uses: 'sleep@v1', with: { duration: '1s' } },
  { run: 'printenv A', env: { A: 'b: c' } },
];

/** Some edit that a person could make in the graph and the forms. */
export function randomEdit(outline: Outline, number: () => number): WorkflowEdit {
  const upTo = (count: number): number => Math.floor(number() * count);
  const pick = <T>(items: readonly T[]): T => {
    const [found] = items.slice(upTo(items.length));
    if (found === undefined) throw new Error('there is nothing to pick from');
    return found;
  };
  const lists = outline.jobs.flatMap(({ steps }) => (steps === undefined ? [] : allLists(steps)));
  const steps = lists.flatMap((list) => list.steps);
  const { id } = pick(outline.jobs);
  const other = pick(outline.jobs).id;
  const fresh = `job-${upTo(1e6)}`;
  const ofJobs: readonly (() => WorkflowEdit)[] = [
    () => ({ kind: 'add-job', id: fresh, job: { steps: [pick(newSteps)] } }),
    () => ({ kind: 'add-job', id: fresh, after: id, job: { needs: [other], steps: [pick(newSteps), pick(newSteps)] } }),
    () => ({ kind: 'rename-job', id, to: fresh }),
    () => ({ kind: 'delete-job', id }),
    () => ({ kind: 'move-job', id, index: upTo(outline.jobs.length) }),
    () => ({ kind: 'set-job-field', id, field: ['name'], value: pick(texts) }),
    () => ({ kind: 'set-job-field', id, field: ['runs-on'], value: 'local' }),
    () => ({ kind: 'connect', job: id, needs: other }),
    () => ({
      kind: 'disconnect',
      job: id,
      needs: pick([...(outline.jobs.find((job) => job.id === id)?.needs ?? []), other]),
    }),
  ];
  if (steps.length === 0) return pick(ofJobs)();
  const step = pick(steps);
  const list = pick(lists);
  const ofSteps: readonly (() => WorkflowEdit)[] = [
    () => ({ kind: 'add-step', at: { list: list.list, index: upTo(list.steps.length + 1) }, step: pick(newSteps) }),
    () => ({ kind: 'move-step', from: step.at, to: { list: list.list, index: upTo(list.steps.length) } }),
    () => ({ kind: 'move-step', from: step.at, to: { list: step.at.list, index: upTo(list.steps.length) } }),
    () => ({ kind: 'delete-step', at: step.at }),
    () => ({ kind: 'set-field', at: step.at, field: ['name'], value: pick(texts) }),
    () => ({ kind: 'set-field', at: step.at, field: ['env', pick(['MADE', 'NAME'])], value: pick(texts) }),
    () => setInput(step, { pick, number }),
  ];
  return pick(number() < 0.4 ? ofJobs : ofSteps)();
}

function setInput(
  { at, fields }: OutlinedStep,
  { pick, number }: { readonly pick: <T>(items: readonly T[]) => T; readonly number: () => number },
): WorkflowEdit {
  const inputs = fields['with'];
  const names = typeof inputs === 'object' && inputs !== null ? Object.keys(inputs) : [];
  if (names.length === 0) return { kind: 'set-field', at, field: ['run'], value: pick(texts) };
  const values: readonly Json[] = [...texts, 5, true, ['a', 'b'], { key: 'value' }];
  const field = ['with', pick(names)];
  return number() < 0.3 ? { kind: 'set-field', at, field } : { kind: 'set-field', at, field, value: pick(values) };
}

function allLists(steps: OutlinedSteps): readonly OutlinedSteps[] {
  return [steps, ...steps.steps.flatMap(({ bodies }) => Object.values(bodies).flatMap(allLists))];
}
