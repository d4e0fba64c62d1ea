import { hash as hashOnce } from 'node:crypto';
import { closeSync, existsSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { assertNever, type JsonObject } from '../../schemas/index.ts';
import { type CheckedLog, checkLog } from './check.ts';
import { readHead } from './head.ts';
import { genesis } from './line.ts';
import type { AuditLogOptions } from './log.ts';
import { brokenLog } from './read.ts';
import { noRoom } from './room.ts';
import { checkpointsFile, readCheckpoints } from './witnesses.ts';

/** Where a log that is already there ends, and what was wrong with its end. */
export interface Recovered {
  readonly entries: number;
  readonly hash: string;
  /** The file that is to be written on, and the bytes in it. */
  readonly file: string;
  readonly segment: number;
  readonly bytes: number;
  /** An incomplete last line that was taken off. */
  readonly torn: JsonObject | undefined;
}

const maxKeptBytes = 4096;

/**
 * Reads a log to its end and checks it, so that nothing is ever added to a record that was tampered with. What is left of an
 * entry that was being written is taken off, and said so; outcomes that a full disk sent to the reserve are taken over.
 */
export function recover(options: Pick<AuditLogOptions, 'file' | 'run' | 'key' | 'checkpoints'>): Recovered {
  closeSync(openSync(options.file, 'a', 0o600));
  const log = readToEnd(options);
  switch (log.kind) {
    case 'broken':
      throw brokenLog(options.file, log.at.reason);
    case 'empty':
      assertNew(options);
      settle(options.file, { bytes: 0, reserved: Buffer.alloc(0) });
      return { entries: 0, hash: genesis, file: options.file, segment: 0, bytes: 0, torn: tornFacts(log.torn) };
    case 'holds': {
      if (log.run !== options.run) throw brokenLog(options.file, 'it belongs to another run');
      const { chain, file, segment, reserved } = log;
      settle(file, log);
      const bytes = log.bytes + reserved.length;
      return { entries: chain.entries, hash: chain.hash, file, segment, bytes, torn: tornFacts(log.torn) };
    }
    default:
      return assertNever(log);
  }
}

function readToEnd({ file, key, checkpoints }: Pick<AuditLogOptions, 'file' | 'key' | 'checkpoints'>): CheckedLog {
  const entries = checkLog(file, {
    publicKey: key.publicKey,
    head: 'required',
    ...(checkpoints === undefined ? {} : { checkpoints }),
  });
  for (;;) {
    const next = entries.next();
    if (next.done === true) return next.value;
  }
}

/** A log without an entry is a new one, unless somebody says that it had some. */
function assertNew({
  file,
  run,
  key,
  checkpoints,
}: Pick<AuditLogOptions, 'file' | 'run' | 'key' | 'checkpoints'>): void {
  if (readHead(file) !== 'missing') throw brokenLog(file, 'all of it was cut off');
  const place = checkpoints === undefined ? undefined : checkpointsFile(checkpoints, run);
  if (place === undefined || !existsSync(place)) return;
  const found = readCheckpoints(place, { run, publicKey: key.publicKey });
  if ('problem' in found || found.witnesses.length > 0)
    throw brokenLog(file, `all of it was cut off, as ${place} says`);
}

/** Leaves whole lines in the file, and among them those of the reserve; only then may that be used anew. */
function settle(file: string, { bytes, reserved }: { readonly bytes: number; readonly reserved: Buffer }): void {
  const fd = openSync(file, 'r+');
  try {
    ftruncateSync(fd, bytes);
    if (reserved.length > 0 && writeSync(fd, reserved, 0, reserved.length, bytes) < reserved.length) {
      ftruncateSync(fd, bytes);
      throw noRoom();
    }
    if (reserved.length > 0) fdatasyncSync(fd);
    else fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function tornFacts(torn: Buffer): JsonObject | undefined {
  if (torn.length === 0) return undefined;
  return {
    bytes: torn.length,
    sha256: hashOnce('sha256', torn, 'hex'),
    base64: torn.subarray(0, maxKeptBytes).toString('base64'),
  };
}
