import { capabilities } from '../../../runtime/capabilities/table.ts';
import { checkEntry } from '../../../runtime/grants/entries.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { narrowingsOf } from '../narrowings.ts';
import { entriesOf, isOnlyMetBy, meets, type Need, needsOf } from './coverage.ts';
import { idleModes, modeOf } from './modes.ts';
import { shorterPatterns } from './patterns.ts';
import { placeText } from './places.ts';
import { learnedReplacements } from './replacements.ts';
import type { Use } from './uses.ts';

/** One entry of a manifest, beside what a suite's calls need of it. */
export interface ComparedEntry {
  /** `exec[3]`. */
  readonly entry: string;
  /** How many different things it allows that calls needed, and how many that no other entry does. */
  readonly uses: number;
  readonly only_here: number;
  /** One of these. */
  readonly example?: string;
  readonly narrower: readonly Proposal[];
}

/** Something less that allows all of the calls as well. */
export interface Proposal {
  /** `exec[3].args[7]`. */
  readonly place: string;
  /** `nothing`, or what could stand there. */
  readonly instead: string;
}

/** Keys without which an entry allows more. */
const holdingBack = /\.(?:host-key|tls|port)$/;

/** A manifest, as far as it says what its plugin may do, and what is known of the plugin's source. */
export interface Asking {
  readonly permissions: JsonObject;
  readonly inputs: JsonObject;
  /** Whether a text is the source's own. */
  readonly isOwn: (text: string) => boolean;
}

/** What each entry of the manifest is needed for, and where less would do. */
export function compare(asking: Asking, uses: readonly Use[]): readonly ComparedEntry[] {
  const { permissions } = asking;
  const needs = needsOf(permissions, uses);
  return Object.keys(permissions).flatMap((capability) =>
    entriesOf(permissions, capability).map((entry, index) => {
      const own = needs.filter((need) => need.use.capability === capability && need.met_by.includes(index));
      return comparedEntry({ ...asking, uses, capability, entry, index }, own);
    }),
  );
}

/** Enough to tell one call from another. */
const exampleCharacters = 300;

interface At extends Asking {
  readonly uses: readonly Use[];
  readonly capability: string;
  readonly entry: JsonObject;
  readonly index: number;
}

function comparedEntry(at: At, needs: readonly Need[]): ComparedEntry {
  const name = `${at.capability}[${at.index}]`;
  const only = needs.filter((need) => isOnlyMetBy(need, at.index));
  const [example] = only;
  return {
    entry: name,
    uses: needs.length,
    only_here: only.length,
    ...(example === undefined ? {} : { example: textOf(example) }),
    narrower: only.length === 0 ? [{ place: name, instead: 'nothing' }] : proposals(at, only),
  };
}

/** Parts that can go, and patterns for which less would do. */
function proposals(at: At, needs: readonly Need[]): readonly Proposal[] {
  const { permissions, inputs, capability, entry, index, isOwn, uses } = at;
  const name = `${capability}[${index}]`;
  const modes = idleModes({ name, capability, entry, needs }, modeOf(inputs, permissions), uses);
  const parts = narrowingsOf(permissions).filter(({ what }) => what.startsWith(`${name}.`) && !holdingBack.test(what));
  const fewer = parts.flatMap(({ what, permissions: rest }) => {
    const less = entriesOf(rest, capability)[index];
    return less !== undefined && suffices(capability, less, needs) ? [{ place: what, instead: 'nothing' }] : [];
  });
  const shorter = shorterPatterns(entry).filter((narrower) => suffices(capability, narrower.entry, needs));
  const learned = learnedReplacements(entry, needs, isOwn).filter((replacement) =>
    needs.every(({ use }) => meets(replacement.entryFor(use), use)),
  );
  const gone = new Set(fewer.map(({ place }) => place));
  const others = [...shorter, ...learned].map(({ place, instead }) => ({ place: placeText(name, place), instead }));
  return [...fewer, ...others.filter(({ place }) => !gone.has(place)), ...modes];
}

function suffices(capability: string, entry: JsonObject, needs: readonly Need[]): boolean {
  const found = capabilities.get(capability);
  return found !== undefined && checkEntry(found, entry).length === 0 && needs.every(({ use }) => meets(entry, use));
}

function textOf({ use }: Need): string {
  const text = `${use.capability}.${use.operation} ${JSON.stringify(use.demand)}`;
  return text.length > exampleCharacters ? `${text.slice(0, exampleCharacters)}…` : text;
}
