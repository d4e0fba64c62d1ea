import { createHash } from 'node:crypto';
import type { TraceParent } from '../trace.ts';

/** Something that took time, and is over. */
export interface Span {
  /** Its trace, and as `parent` its own id: what its children name. */
  readonly context: TraceParent;
  /** The span that it is a part of; absent: the first of its trace. */
  readonly parent?: string;
  readonly name: string;
  readonly kind: 'server' | 'internal';
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly failed: boolean;
}

/** Takes spans for export. Never waits, and never throws. */
export interface Spans {
  ended(span: Span): void;
}

/** The id of a trace of its own, in the same way: 32 hex digits, not all zero. */
export function traceIdOf(...parts: readonly string[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(['trace', ...parts]))
    .digest('hex');
  return `${hash.slice(0, 31)}1`;
}

/** The id of a span that more than one process may have to name: the same for the same parts, 16 hex digits, not all zero. */
export function spanIdOf(...parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return `${hash.slice(0, 15)}1`;
}
