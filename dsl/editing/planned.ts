import type { Json } from '../../schemas/index.ts';
import type { Refusal, TextChange } from './api.ts';
import type { Source } from './source.ts';

/** What an edit changes in a text, and what the file says then. */
export interface Planned {
  readonly changes: readonly TextChange[];
  readonly expected: Json;
}

export type Plan = Planned | { readonly refused: Refusal };

/** A text that is edited, and what it says. */
export interface Edition {
  readonly source: Source;
  /** A copy that the plan of one edit may change. */
  readonly json: MutableJson;
}

/** JSON that is being changed. */
export type MutableJson = null | boolean | number | string | MutableJson[] | { [key: string]: MutableJson };

export const missing: { readonly refused: Refusal } = { refused: { why: 'missing' } };
export const taken: { readonly refused: Refusal } = { refused: { why: 'taken' } };
export const layout: { readonly refused: Refusal } = { refused: { why: 'layout' } };
export const last: { readonly refused: Refusal } = { refused: { why: 'last' } };

/** Changes that the layout of the file may not leave room for, with what it says then. */
export function planned(changes: readonly TextChange[] | undefined, expected: Json): Plan {
  return changes === undefined ? layout : { changes, expected };
}

/** The value at a path. */
export function valueAt(json: MutableJson, path: readonly (string | number)[]): MutableJson | undefined {
  let value: MutableJson | undefined = json;
  for (const step of path) {
    if (Array.isArray(value)) value = typeof step === 'number' ? value[step] : undefined;
    else value = isRecord(value) && typeof step === 'string' && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value;
}

/** The list at a path. */
export function listAt(json: MutableJson, path: readonly (string | number)[]): MutableJson[] | undefined {
  const value = valueAt(json, path);
  return Array.isArray(value) ? value : undefined;
}

/** The object at a path. */
export function recordAt(
  json: MutableJson,
  path: readonly (string | number)[],
): { [key: string]: MutableJson } | undefined {
  const value = valueAt(json, path);
  return isRecord(value) ? value : undefined;
}

export function isRecord(value: MutableJson | undefined): value is { [key: string]: MutableJson } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy that may be changed. */
export function mutable(value: Json): MutableJson {
  // What JSON was made of has its form.
  return JSON.parse(JSON.stringify(value)) as MutableJson;
}
