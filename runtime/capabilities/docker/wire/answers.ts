import { isJsonObject, type Json, type JsonObject } from '../../../../schemas/index.ts';
import { EngineError } from './errors.ts';

/** Reads the values of a daemon's answer: a daemon that answers something else than its API says is an error, not a crash. */
export function objectOf(value: Json | undefined, what: string): JsonObject {
  if (value !== undefined && isJsonObject(value)) return value;
  throw unexpected(what);
}

/** A list of objects. Absent is empty: Go writes an empty list as null. */
export function listOf(value: Json | undefined, what: string): readonly JsonObject[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw unexpected(what);
  return value.map((item) => objectOf(item, what));
}

/** A text. */
export function textOf(value: Json | undefined, what: string): string {
  if (typeof value === 'string') return value;
  throw unexpected(what);
}

/** A whole number. */
export function integerOf(value: Json | undefined, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw unexpected(what);
}

/** The labels of a container, an image, a network or a volume; null where there are none. */
export function labelsOf(value: Json | undefined): Readonly<Record<string, string>> {
  const labels = value === null || value === undefined ? {} : objectOf(value, 'labels');
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function unexpected(what: string): EngineError {
  return new EngineError(0, `the daemon's answer has no ${what} where its API has one`);
}
