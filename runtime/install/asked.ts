import type { Approved } from '../../schemas/generated/lockfile.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import {
  type Json,
  type JsonObject,
  type Permissions,
  parseDuration,
  parseSize,
  sameJson,
} from '../../schemas/index.ts';
import { capabilities } from '../capabilities/table.ts';
import { makeRule, withoutReason } from '../grants/entries.ts';
import { holdsExpression } from '../grants/substitute.ts';
import { coversEntry } from '../policy/lint/covers.ts';

/** One thing that a plugin asks for, for people: a sentence, and the author's reason. */
export interface AskedFor {
  /** A capability's name, or what else it is about. */
  readonly about: string;
  readonly what: string;
  readonly reason?: string;
}

/** One thing that an update asks for and that isn't approved. `was`: what it takes the place of, where that is plain. */
export interface More extends AskedFor {
  readonly kind: 'new' | 'wider';
  readonly was?: string;
}

const defaultLimits = { timeout: '10m', memory: '64MiB' } as const;

/** What a manifest asks for, as a lockfile keeps it. */
export function askedBy(manifest: PluginManifest): Approved {
  // Read from YAML and checked: JSON, entries by capability.
  const permissions = (manifest.permissions ?? {}) as unknown as Permissions;
  const read = inputsRead(permissions);
  const defaults = Object.entries(manifest.inputs ?? {}).flatMap(([name, field]): [string, Json][] => {
    // The schema of an input is JSON, too.
    const value = (field as unknown as JsonObject)['default'];
    return value !== undefined && (read === 'any' || read.has(name.toLowerCase())) ? [[name, value]] : [];
  });
  // A copy, so that nobody changes a manifest by it; all of it is JSON.
  return structuredClone({
    permissions,
    defaults: Object.fromEntries(defaults),
    limits: { ...defaultLimits, ...manifest.limits },
  }) as unknown as Approved;
}

/** Each entry in words; empty where nothing is asked for. */
export function askedInWords(asked: Approved): readonly AskedFor[] {
  return entriesOf(asked).map(({ capability, entry }) => inWords(capability, entry));
}

/**
 * What is asked for beyond what is approved. An entry that isn't plainly within an approved one counts as more; so does another default of
 * an input with which an entry is filled, and a higher limit.
 */
export function moreThan(approved: Approved, asked: Approved): readonly More[] {
  const earlier = entriesOf(approved);
  const entries = entriesOf(asked).flatMap(({ capability, entry }): More[] => {
    const same = earlier.filter((each) => each.capability === capability);
    if (same.some((each) => coversEntry(capability, each.entry, entry))) return [];
    const narrower = same.find((each) => coversEntry(capability, entry, each.entry));
    const words = inWords(capability, entry);
    if (narrower === undefined) return [{ ...words, kind: 'new' }];
    return [{ ...words, kind: 'wider', was: inWords(capability, narrower.entry).what }];
  });
  return [...entries, ...otherDefaults(approved, asked), ...higherLimits(approved, asked)];
}

function otherDefaults(approved: Approved, asked: Approved): readonly More[] {
  // Both were made from JSON.
  const [before, after] = [approved.defaults as JsonObject, asked.defaults as JsonObject];
  return Object.entries(after).flatMap(([name, value]): More[] => {
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    if (was !== undefined && sameJson(was, value)) return [];
    const what = `fill its permissions with ${JSON.stringify(value)} where a step doesn't give \`${name}\``;
    if (was === undefined) return [{ about: 'inputs', what, kind: 'new' }];
    return [{ about: 'inputs', what, kind: 'wider', was: JSON.stringify(was) }];
  });
}

function higherLimits(approved: Approved, asked: Approved): readonly More[] {
  const measures = { timeout: parseDuration, memory: parseSize } as const;
  return (['timeout', 'memory'] as const).flatMap((limit): More[] => {
    const [was, now] = [approved.limits[limit], asked.limits[limit]];
    // A limit that can't be read is below any other.
    if ((measures[limit](now) ?? Number.POSITIVE_INFINITY) <= (measures[limit](was) ?? 0)) return [];
    return [{ about: 'limits', what: `take ${now} of ${limit === 'timeout' ? 'time' : limit}`, kind: 'wider', was }];
  });
}

interface Entry {
  readonly capability: string;
  readonly entry: JsonObject;
}

function entriesOf({ permissions }: Approved): readonly Entry[] {
  return Object.entries(permissions).flatMap(([capability, entries]) =>
    // Read from JSON.
    entries.map((entry) => ({ capability, entry: entry as JsonObject })),
  );
}

function inWords(about: string, entry: JsonObject): AskedFor {
  const { reason } = entry;
  return { about, what: sentenceOf(about, entry), ...(typeof reason === 'string' ? { reason } : {}) };
}

/** As its capability explains it; one that depends on inputs is shown as it is written. */
function sentenceOf(name: string, entry: JsonObject): string {
  const capability = capabilities.get(name);
  const made = capability === undefined ? undefined : makeRule(capability, entry, undefined);
  if (capability !== undefined && made?.kind === 'rule') return capability.explain(made.rule);
  const parts = Object.entries(withoutReason(entry)).map(([key, value]) => `${key} ${written(value)}`);
  return `${capability?.description ?? 'an unknown capability'}: ${parts.join(', ')}`;
}

function written(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The inputs, in lower case, that expressions of permissions read; `any` where one reads them in another way than by name. */
function inputsRead(permissions: Permissions): ReadonlySet<string> | 'any' {
  const text = JSON.stringify(permissions, (key, value: unknown) => (key === 'reason' ? undefined : value));
  if (!holdsExpression(text)) return new Set();
  const names = new Set<string>();
  const rest = text.replaceAll(/\binputs\.([A-Za-z_][A-Za-z0-9_-]*)/giu, (_read, name: string) => {
    names.add(name.toLowerCase());
    return '';
  });
  return /\binputs\b/iu.test(rest) ? 'any' : names;
}
