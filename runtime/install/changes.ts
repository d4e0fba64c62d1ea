/** What an update changes in what a plugin asks for: each change as what it is, for whoever has to say yes to it. */
import type { Approved } from '../../schemas/generated/lockfile.ts';
import { type Json, type JsonObject, parseDuration, parseSize, sameJson } from '../../schemas/index.ts';
import { capabilities } from '../capabilities/table.ts';
import { withoutReason } from '../grants/entries.ts';
import { coversEntry, coversPart } from '../policy/lint/covers.ts';
import { type AskedFor, type Entry, entriesOf, inWords } from './asked.ts';

/** `changed`: neither is plainly within the other. */
export type ChangeKind = 'added' | 'widened' | 'changed' | 'narrowed' | 'removed';

/** One change. `what` is how it is now, or, of what was removed, how it was; `was` is what it takes the place of. */
export interface Change extends AskedFor {
  readonly kind: ChangeKind;
  readonly was?: string;
  /** Of an entry that takes the place of another one: what is different in it. */
  readonly fields?: readonly FieldChange[];
}

/** One field of an entry. `was` and `now` are left out where the entry has no such field. */
export interface FieldChange {
  readonly field: string;
  readonly kind: 'widened' | 'changed' | 'narrowed';
  readonly was?: Json;
  readonly now?: Json;
}

/** Whether somebody has to say yes to it. */
export function needsApproval({ kind }: Change): boolean {
  return kind === 'added' || kind === 'widened' || kind === 'changed';
}

/**
 * What is asked for beyond what is approved. An entry that isn't plainly within an approved one counts as more; so does another default of
 * an input with which an entry is filled, and a higher limit.
 */
export function moreThan(approved: Approved, asked: Approved): readonly Change[] {
  return changesOf(approved, asked).filter(needsApproval);
}

/** All changes: what is more comes with {@link needsApproval}, the rest is less. Another reason is no change. */
export function changesOf(approved: Approved, asked: Approved): readonly Change[] {
  return [...entryChanges(approved, asked), ...defaultChanges(approved, asked), ...limitChanges(approved, asked)];
}

function entryChanges(approved: Approved, asked: Approved): readonly Change[] {
  const before = entriesOf(approved);
  const after = entriesOf(asked);
  const unchanged = new Set(after.filter((each) => before.some((earlier) => isSame(earlier, each))));
  const left = new Set(before.filter((earlier) => !after.some((each) => isSame(earlier, each))));
  const changes = after.flatMap((each): readonly Change[] => {
    if (unchanged.has(each)) return [];
    // That decides. What it is shown beside is for people.
    const isWithin = before.some((earlier) => covers(earlier, each));
    const place = predecessorOf(each, [...left], isWithin);
    const words = inWords(each, asked);
    if (place === undefined) return isWithin ? [] : [{ ...words, kind: 'added' }];
    left.delete(place);
    const kind = isWithin ? 'narrowed' : covers(each, place) ? 'widened' : 'changed';
    return [{ ...words, kind, was: inWords(place, approved).what, fields: fieldChanges(place, each) }];
  });
  const removed = [...left]
    // What another entry takes in is still asked for.
    .filter((earlier) => !after.some((each) => covers(each, earlier)))
    .map((earlier): Change => ({ ...inWords(earlier, approved), kind: 'removed' }));
  return [...changes, ...removed];
}

/** The entry that one takes the place of: one that it is within, or takes in, or that is about the same thing. */
function predecessorOf(entry: Entry, candidates: readonly Entry[], isWithin: boolean): Entry | undefined {
  if (isWithin) return candidates.find((candidate) => covers(candidate, entry));
  return (
    candidates.find((candidate) => covers(entry, candidate)) ??
    candidates.find((candidate) => isAboutSame(candidate, entry))
  );
}

function covers(wide: Entry, narrow: Entry): boolean {
  return wide.capability === narrow.capability && coversEntry(wide.capability, wide.entry, narrow.entry);
}

function isSame(one: Entry, other: Entry): boolean {
  return one.capability === other.capability && sameJson(withoutReason(one.entry), withoutReason(other.entry));
}

/** By the fields that an entry can't be without, such as `url`; where there are none, by any field that is the same. */
function isAboutSame(one: Entry, other: Entry): boolean {
  if (one.capability !== other.capability) return false;
  const required = capabilities.get(one.capability)?.entrySchema['required'];
  const names = Array.isArray(required) ? required.map(String) : [];
  const isSameField = (name: string): boolean => {
    const [left, right] = [one.entry[name], other.entry[name]];
    return left !== undefined && right !== undefined && sameJson(left, right);
  };
  if (names.length > 0) return names.every(isSameField);
  return Object.keys(withoutReason(one.entry)).some(isSameField);
}

function fieldChanges(before: Entry, after: Entry): readonly FieldChange[] {
  const [old, now] = [withoutReason(before.entry), withoutReason(after.entry)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((field): readonly FieldChange[] => {
    const [was, is] = [old[field], now[field]];
    const isWithin = coversPart(before.capability, field, [was, is]);
    const takesIn = coversPart(before.capability, field, [is, was]);
    if (isWithin && takesIn) return [];
    const kind = isWithin ? 'narrowed' : takesIn ? 'widened' : 'changed';
    return [{ field, kind, ...(was === undefined ? {} : { was }), ...(is === undefined ? {} : { now: is }) }];
  });
}

function defaultChanges(approved: Approved, asked: Approved): readonly Change[] {
  // Both were made from JSON.
  const [before, after] = [approved.defaults as JsonObject, asked.defaults as JsonObject];
  const filled = (value: Json, name: string): string =>
    `fill its permissions with ${JSON.stringify(value)} where a step doesn't give \`${name}\``;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name): readonly Change[] => {
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    const now = Object.hasOwn(after, name) ? after[name] : undefined;
    if (now === undefined) {
      // An expression may say what holds then: `inputs.path || '**'`.
      const what = `leave \`${name}\` open where a step doesn't give it`;
      return was === undefined ? [] : [{ about: 'inputs', what, kind: 'changed', was: JSON.stringify(was) }];
    }
    if (was === undefined) return [{ about: 'inputs', what: filled(now, name), kind: 'added' }];
    if (sameJson(was, now)) return [];
    return [{ about: 'inputs', what: filled(now, name), kind: 'changed', was: JSON.stringify(was) }];
  });
}

function limitChanges(approved: Approved, asked: Approved): readonly Change[] {
  const measures = { timeout: parseDuration, memory: parseSize } as const;
  return (['timeout', 'memory'] as const).flatMap((limit): readonly Change[] => {
    const [was, now] = [approved.limits[limit], asked.limits[limit]];
    // A limit that can't be read is below any other.
    const [before, after] = [measures[limit](was) ?? 0, measures[limit](now) ?? Number.POSITIVE_INFINITY];
    if (before === after) return [];
    const what = `take ${now} of ${limit === 'timeout' ? 'time' : limit}`;
    return [{ about: 'limits', what, kind: after > before ? 'widened' : 'narrowed', was }];
  });
}
