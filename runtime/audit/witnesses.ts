import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditHead, headFile, isHeadOf, parseHead, type readHead } from './head.ts';
import { linesOfFile } from './lines.ts';

/** What the agent said elsewhere of a log: that entry `sequence` has this hash. Where it says so is `place`. */
export interface Witness {
  readonly sequence: number;
  readonly hash: string;
  readonly place: string;
}

/** Where checkpoints kept elsewhere are: one file for all runs, or one for each in a folder. */
export function checkpointsFile(place: string, run: string): string {
  return isFolder(place) ? join(place, `${run}.ndjson`) : place;
}

/** What the head beside the log says of it; `problem` where the agent didn't write it. */
export function headWitness(
  auditFile: string,
  head: ReturnType<typeof readHead>,
  log: { readonly run: string; readonly publicKey: string },
): { readonly witness?: Witness } | { readonly problem: string } {
  if (head === 'missing') return {};
  const place = headFile(auditFile);
  if (head === 'unreadable' || !isHeadOf(head, log.run, log.publicKey)) {
    return { problem: `${place} is not what the agent wrote there` };
  }
  return { witness: { ...placed(head), place } };
}

/**
 * The checkpoints of a run that were kept elsewhere. A line that a full disk cut off is skipped, as is one of another run;
 * one of this run that its agent didn't sign is a `problem`.
 */
export function readCheckpoints(
  file: string,
  log: { readonly run: string; readonly publicKey: string },
): { readonly witnesses: readonly Witness[] } | { readonly problem: string } {
  const witnesses: Witness[] = [];
  for (const { bytes, number } of linesOfFile(file)) {
    const head = parseHead(bytes.toString());
    if (head?.run !== log.run) continue;
    const place = `${file}:${number}`;
    if (!isHeadOf(head, log.run, log.publicKey)) return { problem: `${place} is not what the agent wrote there` };
    witnesses.push({ ...placed(head), place });
  }
  return { witnesses };
}

/**
 * The runs of which checkpoints that were kept elsewhere tell: those that `publicKey` (PEM) signed, or without one all that a key signed
 * which nobody knows, since they can't be told apart. Throws where the place can't be read.
 */
export function checkpointedRuns(place: string, publicKey: string | undefined): ReadonlySet<string> {
  const runs = new Set<string>();
  for (const file of checkpointsFiles(place)) {
    for (const { bytes } of linesOfFile(file)) {
      const head = parseHead(bytes.toString());
      if (head === undefined || runs.has(head.run)) continue;
      if (publicKey === undefined || isHeadOf(head, head.run, publicKey)) runs.add(head.run);
    }
  }
  return runs;
}

function checkpointsFiles(place: string): readonly string[] {
  if (!isFolder(place)) return [place];
  return readdirSync(place)
    .filter((name) => name.endsWith('.ndjson'))
    .map((name) => join(place, name));
}

function isFolder(place: string): boolean {
  return place.endsWith('/') || statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

function placed({ sequence, hash }: AuditHead): Pick<Witness, 'sequence' | 'hash'> {
  return { sequence, hash };
}

/** Compares a log with what was said of it elsewhere, entry by entry. */
export class WitnessCheck {
  readonly #waiting = new Map<number, Witness>();
  #contradiction: string | undefined;

  add(witness: Witness): void {
    const known = this.#waiting.get(witness.sequence);
    if (known !== undefined && known.hash !== witness.hash) {
      this.#contradiction ??= `${known.place} and ${witness.place} disagree on entry ${witness.sequence}: the log was rewritten or rolled back in between`;
    }
    this.#waiting.set(witness.sequence, witness);
  }

  /** What is wrong with an entry of the log. */
  see(entry: { readonly sequence: number; readonly hash: string }): string | undefined {
    if (this.#contradiction !== undefined) return this.#contradiction;
    const witness = this.#waiting.get(entry.sequence);
    if (witness === undefined) return undefined;
    this.#waiting.delete(entry.sequence);
    if (witness.hash === entry.hash) return undefined;
    return `entry ${entry.sequence} is not the one that was signed in ${witness.place}: the log was rewritten or rolled back`;
  }

  /** What is wrong with a log that ends here. */
  end(entries: number): string | undefined {
    const furthest = Math.max(0, ...this.#waiting.keys());
    const place = this.#waiting.get(furthest)?.place;
    if (place === undefined) return undefined;
    return `the log ends after entry ${entries}, but went on to entry ${furthest}, as ${place} says: its end was cut off`;
  }
}
