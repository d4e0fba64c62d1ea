import { createReadStream } from 'node:fs';
import { type ChainBreak, ChainReader } from './chain.ts';
import { cutAccordingToHead } from './head.ts';
import { keyId } from './key.ts';
import { LineSplitter } from './lines.ts';

/**
 * What checking a log says. `intact`: all of it is as it was written and closed. `unfinished`: what is there is, but it ends
 * without its closing entry, so the end may be missing (or the run is still going, or the agent was killed).
 */
export type AuditVerdict =
  | ({ readonly ok: true; readonly kind: 'intact' } & AuditFacts)
  | ({
      readonly ok: false;
      readonly kind: 'unfinished';
      readonly broken_at: BrokenAt;
      readonly reason: string;
    } & AuditFacts)
  | { readonly ok: false; readonly kind: 'broken'; readonly broken_at: BrokenAt; readonly reason: string };

/** 1-based. */
export interface BrokenAt {
  readonly line: number;
  readonly sequence: number;
}

/** What is known of a log that holds. */
export interface AuditFacts {
  readonly run: string;
  readonly entries: number;
  readonly checkpoints: number;
  /** Entries up to this one are covered by a signature. */
  readonly signed: number;
  /** The id of the key that signed. */
  readonly key: string;
}

/**
 * Checks a log from its first byte to its last. With `publicKey` (PEM) the checkpoints must be of that key; without it only that
 * the log agrees with itself is known, which whoever rewrites all of it can bring about. Rejects where the file can't be read.
 */
export async function verifyAudit(file: string, options: { readonly publicKey?: string } = {}): Promise<AuditVerdict> {
  const reader = new ChainReader(options.publicKey);
  const splitter = new LineSplitter();
  for await (const chunk of createReadStream(file)) {
    // Without an encoding the stream gives buffers.
    for (const line of splitter.push(chunk as Buffer)) {
      const broken = reader.read(line);
      if (broken !== undefined) return brokenVerdict(broken);
    }
  }
  const next = { line: reader.entries + 1, sequence: reader.entries + 1 };
  if (splitter.rest().length > 0) {
    return brokenVerdict({ ...next, reason: `entry ${next.sequence} is incomplete: its end is missing` });
  }
  const { run, publicKey } = reader;
  if (run === undefined || publicKey === undefined) return brokenVerdict({ ...next, reason: 'the log is empty' });
  const cut = cutAccordingToHead(file, reader, options.publicKey ?? publicKey);
  if (cut !== undefined) return brokenVerdict({ ...next, reason: cut });
  const facts: AuditFacts = {
    run,
    entries: reader.entries,
    checkpoints: reader.checkpoints,
    signed: reader.signed,
    key: keyId(publicKey),
  };
  if (reader.closed && reader.signed === reader.entries) return { ok: true, kind: 'intact', ...facts };
  return {
    ok: false,
    kind: 'unfinished',
    broken_at: next,
    reason: `the log ends after entry ${reader.entries} without being closed: its end was cut off, the run is still going, or the agent was killed`,
    ...facts,
  };
}

function brokenVerdict({ line, sequence, reason }: ChainBreak): AuditVerdict {
  return { ok: false, kind: 'broken', broken_at: { line, sequence }, reason };
}
