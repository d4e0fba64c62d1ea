import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import type { ChainedEntry } from './line.ts';

interface Placed {
  /** 1, 2, 3… over all segments of the log. */
  readonly sequence: number;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** The SHA-256 of the entry, which the next one names. */
  readonly hash: string;
}

/** For whom something was done. */
export interface AuditSubject {
  readonly tenant: string;
  readonly run: string;
  readonly job: string;
  readonly step: string;
  readonly attempt: number;
  readonly plugin: { readonly name: string; readonly version: string; readonly digest: string };
}

/** The log was opened, by the agent that has this key. */
export interface OpenEntry extends Placed {
  readonly kind: 'open';
  readonly run: string;
  readonly resumed: boolean;
  readonly key: string;
  readonly public_key: string;
  /** An incomplete last line that was taken off. */
  readonly repaired?: JsonObject;
}

/** The first entry of every further file of the log. */
export interface SegmentEntry extends Placed {
  readonly kind: 'segment';
  readonly segment: number;
  readonly run: string;
  readonly key: string;
}

/** A plugin is about to be started. */
export interface StartEntry extends Placed, AuditSubject {
  readonly kind: 'start';
  /** SHA-256 of all that it was granted. */
  readonly grant: string;
  readonly confinement: { readonly level: number; readonly required: number };
  readonly limits: JsonObject;
  /** Names of the secrets that the step was given. */
  readonly secrets: readonly string[];
  /** Which of them came from a provider of the agent, by its name, and the version where it has versions. Absent: none. */
  readonly provided?: readonly { readonly secret: string; readonly provider: string; readonly version?: number }[];
}

/** A host call, before it is carried out. */
export interface CallEntry extends Placed, AuditSubject {
  readonly kind: 'call';
  /** The sequence of the `start` entry of the invocation that made it. */
  readonly invocation: number;
  /** The sequence of the `call` entry whose program did this; absent for a call of the plugin's own. */
  readonly within?: number;
  readonly call: { readonly capability: string; readonly operation: string; readonly args: Json };
  /** Of the arguments as JSON, as the guest gave them. */
  readonly bytes: number;
  /** The arguments are not whole here: a digest or a beginning stands for a part of them. */
  readonly truncated: boolean;
  readonly decision: 'allowed' | 'denied' | 'invalid';
  readonly rules: readonly string[];
  readonly reason?: string;
}

/** What came of a call that was allowed. */
export interface ResultEntry extends Placed {
  readonly kind: 'result';
  /** The sequence of the `call` entry. */
  readonly call: number;
  readonly result: 'ok' | 'error' | 'denied';
  readonly duration_ms: number;
  /** Of the answer as JSON. */
  readonly bytes: number;
  readonly facts?: JsonObject;
  /** Names of the secrets whose values went out with the call. */
  readonly secrets?: readonly string[];
}

/** A plugin's invocation is over. */
export interface EndEntry extends Placed {
  readonly kind: 'end';
  /** The sequence of the `start` entry. */
  readonly invocation: number;
  readonly outcome: 'returned' | 'failed' | 'cancelled';
  /** Which limit ended it, as an error code; absent where it ended by itself. */
  readonly killed_by?: string;
  readonly duration_ms: number;
  readonly calls: { readonly allowed: number; readonly denied: number };
  readonly secrets: readonly string[];
}

/** A signature over all entries before it. */
export interface CheckpointEntry extends Placed {
  readonly kind: 'checkpoint';
  readonly key: string;
  readonly signature: string;
}

/** The log was closed in order. */
export interface CloseEntry extends Placed {
  readonly kind: 'close';
  readonly entries: number;
}

/** One entry of an audit log, as it is read back. */
export type AuditEntry =
  | OpenEntry
  | SegmentEntry
  | StartEntry
  | CallEntry
  | ResultEntry
  | EndEntry
  | CheckpointEntry
  | CloseEntry;

type Check = (value: Json | undefined) => boolean;
type Shape = Readonly<Record<string, Check>>;

const text: Check = (value) => typeof value === 'string';
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const number: Check = (value) => typeof value === 'number';
const flag: Check = (value) => typeof value === 'boolean';
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const json: Check = (value) => value !== undefined;
const object: Check = isJsonObject;
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const shaped =
  (shape: Shape): Check =>
  (value) =>
    isJsonObject(value) && Object.entries(shape).every(([key, check]) => check(value[key]));

const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

const subject: Shape = {
  tenant: text,
  run: text,
  job: text,
  step: text,
  attempt: count,
  plugin: shaped({ name: text, version: text, digest: text }),
};

const shapes: ReadonlyMap<string, Shape> = new Map<AuditEntry['kind'], Shape>([
  ['open', { run: text, resumed: flag, key: text, public_key: text, repaired: optional(object) }],
  ['segment', { segment: count, run: text, key: text }],
  [
    'start',
    {
      ...subject,
      grant: text,
      confinement: shaped({ level: count, required: count }),
      limits: object,
      secrets: texts,
      provided: optional(listOf(shaped({ secret: text, provider: text, version: optional(count) }))),
    },
  ],
  [
    'call',
    {
      ...subject,
      invocation: count,
      within: optional(count),
      call: shaped({ capability: text, operation: text, args: json }),
      bytes: count,
      truncated: flag,
      decision: oneOf('allowed', 'denied', 'invalid'),
      rules: texts,
      reason: optional(text),
    },
  ],
  [
    'result',
    {
      call: count,
      result: oneOf('ok', 'error', 'denied'),
      duration_ms: number,
      bytes: count,
      facts: optional(object),
      secrets: optional(texts),
    },
  ],
  [
    'end',
    {
      invocation: count,
      outcome: oneOf('returned', 'failed', 'cancelled'),
      killed_by: optional(text),
      duration_ms: number,
      calls: shaped({ allowed: count, denied: count }),
      secrets: texts,
    },
  ],
  ['checkpoint', { key: text, signature: text }],
  ['close', { entries: count }],
]);

/** The typed form of a chained entry; a problem where it isn't one that an agent writes. */
export function typedEntry(entry: ChainedEntry): { readonly entry: AuditEntry } | { readonly problem: string } {
  const { kind, fields } = entry;
  const shape = shapes.get(kind);
  if (shape === undefined) return { problem: `is of the unknown kind ${JSON.stringify(kind.slice(0, 64))}` };
  const wrong = Object.entries({ at: text, ...shape }).find(([key, check]) => !check(fields[key]));
  if (wrong !== undefined) return { problem: `is no \`${kind}\` that an agent writes: its \`${wrong[0]}\` is wrong` };
  // The shape of its kind was checked just now, field by field.
  return { entry: fields as unknown as AuditEntry };
}
