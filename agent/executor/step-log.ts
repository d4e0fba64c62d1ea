import { TextDecoder } from 'node:util';
import type { RedactionStream, Redactor } from '../redaction/index.ts';

/** A stream of a step's log. */
export type LogStream = 'stdout' | 'stderr' | 'log';

/** The log of one attempt of a step: takes raw text and bytes, gives redacted text on. */
export interface StepLog {
  readonly write: (stream: LogStream, text: string | Uint8Array) => void;
  /** Gives on what was held back. Nothing is written afterwards. */
  readonly end: () => void;
}

/** Of one attempt. More fills disks and is read by nobody. */
export const maximumLogBytes: number = 64 * 1024 * 1024;
/** What a line counts at least: whoever shows it has as much work with an empty one. */
const minimumLineBytes = 32;

/**
 * Redacts each stream for itself, across the borders of its chunks, of UTF-8 characters too. What is over
 * {@link maximumLogBytes} is dropped; the first time `exceeded` is called, which ends the step.
 */
export function createStepLog(powers: {
  readonly redactor: Redactor;
  readonly give: (stream: LogStream, text: string) => void;
  readonly exceeded: () => void;
  /** Told of each line, before it is given on. */
  readonly lines: (count: number) => void;
}): StepLog {
  const streams = new Map<LogStream, { readonly decoder: TextDecoder; readonly redaction: RedactionStream }>();
  let bytes = 0;
  let ended = false;

  const give = (stream: LogStream, text: string): void => {
    if (text !== '') {
      powers.give(stream, text);
    }
  };
  const streamOf = (name: LogStream) => {
    let stream = streams.get(name);
    if (stream === undefined) {
      stream = { decoder: new TextDecoder('utf-8', { ignoreBOM: true }), redaction: powers.redactor.stream() };
      streams.set(name, stream);
    }
    return stream;
  };

  return {
    write: (name, text) => {
      if (ended || bytes > maximumLogBytes) {
        return;
      }
      // A guest's line is a whole one: it says log(text), not write(text).
      const chunk = typeof text === 'string' && name === 'log' && !text.endsWith('\n') ? `${text}\n` : text;
      const lines = countLines(chunk);
      bytes += Math.max(typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length, lines * minimumLineBytes);
      if (bytes > maximumLogBytes) {
        give('log', `the log ends here: it is larger than ${maximumLogBytes / 1024 / 1024} MiB\n`);
        powers.exceeded();
        return;
      }
      if (lines > 0) {
        powers.lines(lines);
      }
      const { decoder, redaction } = streamOf(name);
      give(name, redaction.push(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })));
    },
    end: () => {
      ended = true;
      for (const [name, { decoder, redaction }] of streams) {
        give(name, redaction.push(decoder.decode()) + redaction.end());
      }
      streams.clear();
    },
  };
}

const lineFeed = 10;

function countLines(chunk: string | Uint8Array): number {
  let count = 0;
  for (let at = indexOfLineFeed(chunk, 0); at >= 0; at = indexOfLineFeed(chunk, at + 1)) count += 1;
  return count;
}

function indexOfLineFeed(chunk: string | Uint8Array, from: number): number {
  return typeof chunk === 'string' ? chunk.indexOf('\n', from) : chunk.indexOf(lineFeed, from);
}
