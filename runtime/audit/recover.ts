import { hash as hashOnce } from 'node:crypto';
import { fsyncSync, ftruncateSync, readSync } from 'node:fs';
import { type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { ChainReader } from './chain.ts';
import type { AuditLogOptions } from './log.ts';
import { cutAccordingToHead } from './head.ts';
import { LineSplitter } from './lines.ts';

/** Where a log that is already there ends, and what was wrong with its last line. */
export interface Recovered {
  readonly entries: number;
  readonly hash: string;
  readonly bytes: number;
  /** An incomplete last line that was taken off. */
  readonly torn: JsonObject | undefined;
}

const maxKeptBytes = 4096;

/**
 * Reads a log to its end and checks it, so that nothing is ever added to a record that was tampered with. A last line
 * without its newline is what a write leaves that a power failure cut off: it is taken off, and said so.
 */
export function recover(fd: number, options: Pick<AuditLogOptions, 'file' | 'run' | 'key'>): Recovered {
  const reader = new ChainReader(options.key.publicKey);
  const splitter = new LineSplitter();
  const buffer = Buffer.alloc(1024 ** 2);
  let bytes = 0;
  for (let position = 0; ; ) {
    const read = readSync(fd, buffer, 0, buffer.length, position);
    if (read === 0) break;
    position += read;
    for (const line of splitter.push(buffer.subarray(0, read))) {
      const broken = reader.read(line);
      if (broken !== undefined) throw brokenLog(options.file, broken.reason);
      bytes += line.length + 1;
    }
  }
  if (reader.run !== undefined && reader.run !== options.run)
    throw brokenLog(options.file, 'it belongs to another run');
  const cut = cutAccordingToHead(options.file, { run: options.run, entries: reader.entries }, options.key.publicKey);
  if (cut !== undefined) throw brokenLog(options.file, cut);
  const torn = splitter.rest();
  if (torn.length > 0) {
    ftruncateSync(fd, bytes);
    fsyncSync(fd);
  }
  return {
    entries: reader.entries,
    hash: reader.hash,
    bytes,
    torn:
      torn.length === 0
        ? undefined
        : {
            bytes: torn.length,
            sha256: hashOnce('sha256', torn, 'hex'),
            base64: torn.subarray(0, maxKeptBytes).toString('base64'),
          },
  };
}

function brokenLog(file: string, reason: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'AUDIT_BROKEN',
    message: `the audit log ${file} does not hold: ${reason}`,
    remedy: 'Keep the file as evidence, find out who changed it, and start a new run.',
    file,
  });
}
