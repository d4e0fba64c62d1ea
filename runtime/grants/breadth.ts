/**
 * Which of several entries of one layer holds, where a call meets more than one: the one that gives most, whatever their
 * order. Each is allowed by itself, and what two of them say is never mixed.
 */
import { isJsonObject, type Json } from '../../schemas/index.ts';
import type { GrantedRule } from './api.ts';

/** The widest of rules that all meet the same demand. Where none is wider, the choice is still the same in any order. */
export function widest([first, ...others]: readonly GrantedRule[]): GrantedRule | undefined {
  if (first === undefined) return undefined;
  return others.reduce((best, other) => (compare(other.rule, best.rule) > 0 ? other : best), first);
}

/**
 * What rules give beyond the yes or no of check(), by the names that all capabilities use for it, the weightiest first. Each
 * measure grows with what is given, so that a rule which gives no less in any of them comes first.
 */
const measures: readonly (readonly [field: string, measure: (value: unknown) => number])[] = [
  ['auth', (value) => (value === undefined ? 0 : 1)],
  ['profile', (value) => (value === 'host' ? 1 : 0)],
  ['secrets', countOf],
  ['proxies', countOf],
  ['private', (value) => (value === true ? 1 : 0)],
  ['env', (value) => (isRecord(value) && value['kind'] === 'any' ? Number.POSITIVE_INFINITY : sizeOf(value))],
  ['egress', countOf],
  ['sha256', (value) => (value === undefined ? 1 : 0)],
  ['quota_bytes', boundOf],
  ['quota_files', boundOf],
];

function compare(one: unknown, other: unknown): number {
  if (!isRecord(one) || !isRecord(other)) return 0;
  for (const [field, measure] of measures) {
    const [left, right] = [measure(one[field]), measure(other[field])];
    if (left !== right) return left > right ? 1 : -1;
  }
  const bounds = compareBounds(one['limits'], other['limits']);
  if (bounds !== 0) return bounds;
  const [text, otherText] = [textOf(one), textOf(other)];
  return text === otherText ? 0 : text < otherText ? 1 : -1;
}

function compareBounds(one: unknown, other: unknown): number {
  const [left, right] = [isRecord(one) ? one : {}, isRecord(other) ? other : {}];
  for (const key of [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()) {
    const [bound, otherBound] = [boundOf(left[key]), boundOf(right[key])];
    if (bound !== otherBound) return bound > otherBound ? 1 : -1;
  }
  return 0;
}

/** Names; `*` is all of them. */
function countOf(value: unknown): number {
  if (!Array.isArray(value)) return 0;
  return value.includes('*') ? Number.POSITIVE_INFINITY : value.length;
}

/** Without one there is no bound. */
function boundOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.POSITIVE_INFINITY;
}

/** How much is written down of variables: patterns, and the step's own. */
function sizeOf(value: unknown): number {
  if (!isRecord(value)) return 0;
  return countOf(value['patterns']) + (value['step'] === true ? 1 : 0);
}

const texts = new WeakMap<object, string>();

function textOf(rule: Readonly<Record<string, unknown>>): string {
  const text = texts.get(rule) ?? JSON.stringify(rule);
  texts.set(rule, text);
  return text;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  // Of JSON or not: what matters here is that it has fields.
  return isJsonObject(value as Json);
}
