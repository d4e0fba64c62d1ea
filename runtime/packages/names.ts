import { refused } from './refused.ts';

/** Names that a plugin's name must not look like. */
export interface KnownNames {
  /** Of the nodes that come with Waterflow. */
  readonly builtIn: Iterable<string>;
  /** Of other plugins that are there. One of exactly the same name is another version of it. */
  readonly others?: Iterable<string>;
}

/** In names shorter than this one letter makes another word: `tar` and `tap`. */
const shortestMisspelled = 4;

/** What looks alike, as the character that stands for it. */
const lookalikes: readonly (readonly [RegExp, string])[] = [
  [/[-_.]/g, ''],
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/cl/g, 'd'],
  [/0/g, 'o'],
  [/[1i]/g, 'l'],
  [/5/g, 's'],
  [/2/g, 'z'],
];

/**
 * Refuses a name that a person could take for another: that of a built-in node, or one that looks like a built-in's or like
 * another plugin's. Two names look alike
 * - where they are one once hyphens are left out and characters that look alike are the same (`0` and `o`; `1`, `i` and `l`; `5`
 *   and `s`; `2` and `z`; `rn` and `m`; `vv` and `w`; `cl` and `d`);
 * - where the other has four characters or more, and one letter that was added, left out, exchanged for another letter or
 *   swapped with its neighbour makes one of the other. A digit for a digit is no mistake: `copy-1` and `copy-2` are two. Beside a
 *   node that comes with Waterflow it is one, and both count together there: `http2` and `d0ckerr` are refused.
 * Throws PACKAGE_NAME_CONFUSABLE.
 */
export function requireOwnName(name: string, { builtIn, others = [] }: KnownNames): void {
  for (const other of builtIn) {
    if (other === name) throw refused('PACKAGE_NAME_CONFUSABLE', `\`${name}\` is a node that comes with Waterflow`);
    if (lookAlike(name, other) || isNearlyBuiltIn(name, other)) {
      throw refused('PACKAGE_NAME_CONFUSABLE', `\`${name}\` looks like \`${other}\`, which comes with Waterflow`);
    }
  }
  for (const other of others) {
    if (other !== name && lookAlike(name, other)) {
      throw refused('PACKAGE_NAME_CONFUSABLE', `\`${name}\` looks like \`${other}\`, which is another plugin`);
    }
  }
}

/** By the rule of {@link requireOwnName}. */
export function lookAlike(name: string, other: string): boolean {
  return skeleton(name) === skeleton(other) || (other.length >= shortestMisspelled && isMisspelling(name, other));
}

function isNearlyBuiltIn(name: string, builtIn: string): boolean {
  // Of a name with a number in it, others with other numbers are others.
  if (builtIn.length < shortestMisspelled || /[0-9]/.test(builtIn)) return false;
  return isOneSlip(skeleton(name), skeleton(builtIn), () => true);
}

function skeleton(name: string): string {
  return lookalikes.reduce((text, [pattern, stands]) => text.replaceAll(pattern, stands), name.toLowerCase());
}

function isMisspelling(left: string, right: string): boolean {
  return isOneSlip(left, right, (character, other) => !isDigit(character) || (other !== undefined && !isDigit(other)));
}

/** Whether one change makes one of the other. `counts`: whether a character that is too much, or stands for another, is a mistake. */
function isOneSlip(
  left: string,
  right: string,
  counts: (character: string | undefined, other?: string) => boolean,
): boolean {
  const [shorter, longer] = left.length <= right.length ? [left, right] : [right, left];
  let start = 0;
  while (start < shorter.length && shorter[start] === longer[start]) start += 1;
  const restShorter = shorter.slice(start);
  const restLonger = longer.slice(start);
  if (longer.length === shorter.length + 1) return restShorter === restLonger.slice(1) && counts(restLonger[0]);
  if (longer.length !== shorter.length) return false;
  if (restShorter.slice(1) === restLonger.slice(1)) return counts(restShorter[0], restLonger[0]);
  const swapped = `${restLonger[1] ?? ''}${restLonger[0] ?? ''}${restLonger.slice(2)}`;
  return restShorter === swapped;
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && /[0-9]/.test(character);
}
