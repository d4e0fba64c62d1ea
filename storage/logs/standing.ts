import type { LogSegment } from '../port.ts';
import type { LogAddress, Shipped } from './port.ts';

/** Of one step's attempt, as of steps that run beside the engine. */
export const defaultLimitBytes: number = 64 * 1024 * 1024;

/** A step's attempt as the store has it, and what a batch makes of it. */
export interface Standing {
  /** As the store names it. */
  readonly id: number;
  readonly address: LogAddress;
  next: number;
  /** More than the limit: the log has said so, and keeps nothing more. */
  bytes: number;
  gap: boolean;
}

/** What is kept of a segment. */
export type Kept = Pick<LogSegment, 'stream' | 'text'>;

/** What is kept of a segment, if anything: its attempt stands behind it then. */
export function take(segment: LogSegment, standing: Standing, limitBytes: number): Kept | undefined {
  if (segment.sequence > standing.next) standing.gap = true;
  if (segment.sequence !== standing.next) return undefined;
  standing.next += 1;
  return withinLimit(segment, standing, limitBytes);
}

/** What a batch came to. */
export function shippedOf(standings: Iterable<Standing>): readonly Shipped[] {
  return Array.from(standings, ({ address, next, gap }) => ({ ...address, next, gap }));
}

/** The segment's attempt. */
export function addressOf({ job, step, job_attempt, attempt }: LogAddress): LogAddress {
  return { job, step, job_attempt, attempt };
}

/** Itself, word of the limit where it is the first beyond that, or nothing. */
function withinLimit({ stream, text }: LogSegment, standing: Standing, limitBytes: number): Kept | undefined {
  if (standing.bytes > limitBytes) return undefined;
  standing.bytes += Buffer.byteLength(text);
  if (standing.bytes <= limitBytes) return { stream, text };
  standing.bytes = limitBytes + 1;
  return { stream: 'log', text: `The log is longer than ${limitBytes} bytes: the rest is not kept.\n` };
}
