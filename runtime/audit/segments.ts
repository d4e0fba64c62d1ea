import { readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';

/**
 * The files of one log, oldest first: `audit.ndjson`, `audit.1.ndjson`, `audit.2.ndjson`… One that is full is never touched
 * again, so that it can be copied away while the run goes on; the chain leads from each to the next.
 */
export function segmentFile(auditFile: string, segment: number): string {
  if (segment === 0) return auditFile;
  const extension = extname(auditFile);
  return `${auditFile.slice(0, auditFile.length - extension.length)}.${segment}${extension}`;
}

/** The number of the last file that is there, whether or not those before it are; 0 where there is at most the first. */
export function lastSegment(auditFile: string): number {
  const first = basename(auditFile);
  const numbers = readdirSync(dirname(auditFile))
    .map((name) => numberOf(name))
    .filter((number) => number.first === first)
    .map(({ segment }) => segment);
  return Math.max(0, ...numbers);
}

/** The first file of the log that a path belongs to: itself, but for a later segment. */
export function firstSegmentOf(path: string): string {
  return join(dirname(path), numberOf(basename(path)).first);
}

function numberOf(name: string): { readonly first: string; readonly segment: number } {
  const [, stem, segment, extension] = /^(.+)\.([1-9]\d{0,8})(\.[^.]+)$/u.exec(name) ?? [];
  if (stem === undefined || segment === undefined || extension === undefined) return { first: name, segment: 0 };
  return { first: `${stem}${extension}`, segment: Number(segment) };
}
