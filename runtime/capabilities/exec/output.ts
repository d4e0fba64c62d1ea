import type { Readable } from 'node:stream';
import { assertNever } from '../../../schemas/index.ts';
import type { Authorized } from '../../grants/api.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import { startWorkspaceOutput } from '../workspace-file.ts';
import type { OutputTarget } from './call.ts';
import { tooMuch } from './watchdog.ts';

/** Of the log that the execs of one step write, together. */
const logLimitBytes: number = 64 * 1024 * 1024;
/** Of a stream that goes to a workspace file. */
const fileLimitBytes: number = 4 * 1024 * 1024 * 1024;
/** Of a captured stream, where the call names no other. */
const defaultCaptureBytes: number = 1024 * 1024;

const logCounter = 'exec log bytes';

/** Where a stream goes, as it flows. */
export interface OutputSink {
  /** Throws LIMIT_EXCEEDED where the stream is larger than it may be. */
  write(chunk: Buffer): Promise<void>;
  /** Keeps what was written; the bytes if they were captured. */
  commit(): Buffer | undefined;
  discard(): void;
}

/** What a sink needs. */
export interface OutputContext {
  readonly stream: 'stdout' | 'stderr';
  readonly max_bytes: number | undefined;
  readonly asking: Pick<Authorized, 'implied'>;
  readonly scope: CallScope;
}

/** Opens the place that the guest named for a stream. */
export function openSink(target: OutputTarget, context: OutputContext): OutputSink {
  if (typeof target === 'object') return fileSink(target.file, context);
  switch (target) {
    case 'log':
      return logSink(context);
    case 'capture':
      return captureSink(context);
    case 'discard':
      return { write: async () => undefined, commit: () => undefined, discard: () => undefined };
    default:
      return assertNever(target);
  }
}

/** Lets no more than so many bytes through, all sinks that share the counter together. */
export function boundedSink(sink: OutputSink, counter: { bytes: number }, limit: number | undefined): OutputSink {
  if (limit === undefined) return sink;
  return {
    ...sink,
    write(chunk) {
      counter.bytes += chunk.length;
      if (counter.bytes > limit) throw tooMuch('output', `it wrote more than ${limit} bytes`);
      return sink.write(chunk);
    },
  };
}

/** Moves a stream into its sink; the program waits while the sink does. */
export async function drain(stream: Readable, sink: OutputSink): Promise<void> {
  // Node types the chunks of a byte stream as any.
  for await (const chunk of stream as AsyncIterable<Buffer>) await sink.write(chunk);
}

function logSink({ stream, scope }: OutputContext): OutputSink {
  return {
    async write(chunk) {
      const written = (scope.usage.get(logCounter) ?? 0) + chunk.length;
      if (written > logLimitBytes) {
        throw new CallFailure(
          'LIMIT_EXCEEDED',
          `the step's programs wrote more than ${logLimitBytes} bytes to its log`,
          {
            remedy: 'Send the output to a file or discard it, or make the program quieter.',
          },
        );
      }
      scope.usage.set(logCounter, written);
      scope.log(stream, chunk);
    },
    commit: () => undefined,
    discard: () => undefined,
  };
}

function captureSink({ stream, max_bytes = defaultCaptureBytes }: OutputContext): OutputSink {
  const chunks: Buffer[] = [];
  let length = 0;
  return {
    async write(chunk) {
      length += chunk.length;
      if (length > max_bytes) {
        throw new CallFailure('LIMIT_EXCEEDED', `the program wrote more than ${max_bytes} bytes to ${stream}`, {
          remedy: 'Send the stream to a workspace file, or raise `max_bytes`.',
        });
      }
      chunks.push(chunk);
    },
    commit: () => Buffer.concat(chunks),
    discard: () => undefined,
  };
}

function fileSink(path: string, { stream, asking, scope }: OutputContext): OutputSink {
  const file = startWorkspaceOutput(asking, scope, path);
  let length = 0;
  return {
    async write(chunk) {
      length += chunk.length;
      if (length > fileLimitBytes) {
        throw new CallFailure('LIMIT_EXCEEDED', `the program wrote more than ${fileLimitBytes} bytes to ${stream}`);
      }
      await file.write(chunk);
    },
    commit() {
      file.commit();
      return undefined;
    },
    discard: () => file.discard(),
  };
}
