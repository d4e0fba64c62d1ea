import type { Json } from 'waterflow/plugin';

/** A step on the way: the name of a member, or the number of an item, from the end where it is negative. */
type Step = string | number;

/** `.name`, `['name']`, `["name"]`, `[0]`: the ways of RFC 9535 that lead to one value. */
const stepPattern = /\.([\p{L}_$][\p{L}\p{N}_$-]*)|\[(-?\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/uy;

/** Reads `$.items[0]['a name']`. Throws on what isn't such a path. */
export function parsePath(path: string): readonly Step[] {
  const steps: Step[] = [];
  const pattern = new RegExp(stepPattern);
  pattern.lastIndex = 1;
  while (path.startsWith('$') && pattern.lastIndex < path.length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(path);
    if (found === null)
      throw new Error(`expect.json: ${JSON.stringify(path)} is no path at ${JSON.stringify(path.slice(at))}`);
    const [, member, index, single, double] = found;
    steps.push(member ?? (index === undefined ? (single ?? double ?? '').replace(/\\(.)/gu, '$1') : Number(index)));
  }
  if (!path.startsWith('$')) throw new Error(`expect.json: ${JSON.stringify(path)} does not begin with \`$\``);
  return steps;
}

/** The value at the path; undefined where there is none. */
export function valueAt(value: Json | undefined, path: readonly Step[]): Json | undefined {
  return path.reduce<Json | undefined>((at, step) => {
    if (Array.isArray(at)) return typeof step === 'number' ? at.at(step) : undefined;
    if (typeof at !== 'object' || at === null || typeof step !== 'string') return undefined;
    return Object.hasOwn(at, step) ? (at as Readonly<Record<string, Json>>)[step] : undefined;
  }, value);
}

/** Whether both are the same JSON; the order of members makes no difference. */
export function sameJson(one: Json | undefined, other: Json | undefined): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [Object.entries(one), Object.entries(other)];
  return (
    left.length === right.length &&
    left.every(
      ([key, item]) => Object.hasOwn(other, key) && sameJson(item, (other as Readonly<Record<string, Json>>)[key]),
    )
  );
}
