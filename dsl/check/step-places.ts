import { quote } from '../quote.ts';
import type { TreeNode } from '../tree/node.ts';
import { valueAt } from '../tree/query.ts';

/** The inputs of control nodes that hold steps, by the node's name. */
export const bodyInputs: Readonly<Record<string, readonly string[]>> = { if: ['then', 'else'], 'for-each': ['steps'] };

/** A step that holds steps, and in which of its lists. */
export interface Holder {
  readonly step: TreeNode;
  readonly list: string;
}

/** A step by its id, and the steps that hold it, from the outermost. */
interface StepPlace {
  readonly step: TreeNode;
  readonly holders: readonly Holder[];
}

/** Of one id: to say why a step isn't seen, the first few are enough, and none takes long to look through. */
const mostPlaces = 16;

/** Where the steps of a job stand, by lower-case id. */
export type StepPlaces = ReadonlyMap<string, readonly StepPlace[]>;

/** Looks through the steps of a job, and through those inside of them. */
export function stepPlaces(steps: TreeNode | undefined): StepPlaces {
  const places = new Map<string, StepPlace[]>();
  collect(steps, [], places);
  return places;
}

function collect(list: TreeNode | undefined, holders: readonly Holder[], places: Map<string, StepPlace[]>): void {
  if (list?.kind !== 'sequence') return;
  for (const step of list.items) {
    const id = idOf(step);
    if (id !== undefined) {
      const known = places.get(id.toLowerCase());
      if (known === undefined) places.set(id.toLowerCase(), [{ step, holders }]);
      else if (known.length < mostPlaces) known.push({ step, holders });
    }
    for (const name of listsOf(step)) {
      collect(valueAt(valueAt(step, 'with'), name), [...holders, { step, list: name }], places);
    }
  }
}

function idOf(step: TreeNode): string | undefined {
  const id = valueAt(step, 'id');
  return id?.kind === 'scalar' ? id.text : undefined;
}

function listsOf(step: TreeNode): readonly string[] {
  const uses = valueAt(step, 'uses');
  const node = uses?.kind === 'scalar' ? (uses.text.split('@', 1)[0] ?? '') : '';
  return Object.hasOwn(bodyInputs, node) ? (bodyInputs[node] ?? []) : [];
}

/** Says of a step that isn't seen from inside of `around` why not. Undefined where the job has no step of that id. */
export function explainStep(
  places: StepPlaces,
  id: string,
  around: readonly Holder[],
): { readonly message: string; readonly remedy: string } | undefined {
  const found = places.get(id.toLowerCase()) ?? [];
  const holder = found.find(({ step }) => around.some((outer) => outer.step === step));
  if (holder !== undefined) {
    return {
      message: `the step ${quote(id)} holds this one, and has outputs only when it has ended`,
      remedy: 'Read only outputs of steps above.',
    };
  }
  const [place] = found.toSorted((left, right) => distance(left, around) - distance(right, around));
  if (place === undefined) return undefined;
  const shared = sharedHolders(place, around);
  const inner = place.holders[shared];
  if (inner === undefined) {
    return {
      message: `the step ${quote(id)} doesn't run before this one`,
      remedy: 'Read only outputs of steps above, or move the step up.',
    };
  }
  const other = around[shared];
  if (other !== undefined && other.step === inner.step) {
    return {
      message: `the step ${quote(id)} stands in ${quote(inner.list)}, and this in ${quote(other.list)}: only one of them runs`,
      remedy: 'Read only outputs of steps above in the same list.',
    };
  }
  return insideOf(id, inner.step);
}

/** How many of the steps around hold both. */
function sharedHolders({ holders }: StepPlace, around: readonly Holder[]): number {
  const first = holders.findIndex(
    ({ step, list }, index) => around[index]?.step !== step || around[index]?.list !== list,
  );
  return first === -1 ? holders.length : first;
}

/** 0 for a step of a list around; of the others, those inside of the fewest steps come first. */
function distance(place: StepPlace, around: readonly Holder[]): number {
  return place.holders.length - sharedHolders(place, around);
}

function insideOf(id: string, step: TreeNode): { readonly message: string; readonly remedy: string } {
  const holder = idOf(step);
  const name = holder === undefined ? 'another step' : quote(holder);
  const give = `add \`outputs: { name: \${{ steps.${id}.outputs.… }} }\` under its \`with\``;
  return {
    message: `the step ${quote(id)} is inside of ${name}, and from outside only the outputs of ${name} can be read`,
    remedy:
      holder === undefined
        ? `Give the step around it an \`id\`, ${give}, and read these.`
        : `To ${name}, ${give}, and read \`steps.${holder}.outputs.name\`.`,
  };
}
