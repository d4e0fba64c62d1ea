import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { auditedCalls } from '../../runtime/audit/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { csvHeader, csvRecord } from '../report/audit-csv.ts';
import { plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { callFilter, type FilterOptions } from './audit-filter.ts';
import { namedLogs } from './audit-logs.ts';
import { AuditReading } from './audit-reading.ts';

/** `waterflow audit export`'s options, as the command line gives them. */
export interface ExportOptions extends FilterOptions {
  readonly all?: boolean;
  readonly format: 'json' | 'csv';
  readonly output?: string;
  readonly state?: string;
}

/** Takes text, as fast as it can be written. */
interface Sink {
  write(text: string): Promise<void>;
  end(): Promise<void>;
}

/** Writes host calls with what came of them, as one document. Exit 1 where a log doesn't hold. */
export async function exportAudit(
  terminal: Terminal,
  run: string | undefined,
  options: ExportOptions,
): Promise<number> {
  const isWanted = callFilter(options, terminal.now());
  const logs = namedLogs(terminal, run, options);
  const reading = new AuditReading(terminal);
  const sink = await openSink(terminal, options.output);
  const csv = options.format === 'csv';
  await sink.write(csv ? csvHeader : '[');
  let separator = '\n';
  for (const log of logs) {
    for await (const call of auditedCalls(reading.entriesOf(log))) {
      if (!isWanted(call)) continue;
      await sink.write(csv ? csvRecord(call) : `${separator}${plainJson(call)}`);
      separator = ',\n';
    }
  }
  if (!csv) await sink.write('\n]\n');
  await sink.end();
  return reading.exitCode;
}

async function openSink(terminal: Terminal, output: string | undefined): Promise<Sink> {
  if (output === undefined) {
    return {
      write: async (text) => {
        terminal.stdout.write(text);
        await terminal.stdout.ready();
      },
      end: async () => {},
    };
  }
  const stream = createWriteStream(resolve(terminal.cwd, output), { flags: 'wx', mode: 0o600 });
  // Rejections are taken where they are awaited.
  const done = finished(stream);
  done.catch(() => {});
  await Promise.race([once(stream, 'open'), done]).catch((cause: unknown) => refuse(output, cause));
  return {
    write: async (text) => {
      if (!stream.write(text))
        await Promise.race([once(stream, 'drain'), done]).catch((cause: unknown) => refuse(output, cause));
    },
    end: async () => {
      stream.end();
      await done.catch((cause: unknown) => refuse(output, cause));
    },
  };
}

function refuse(output: string, cause: unknown): never {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  if (code === 'EEXIST') throw usageError(`${output} exists already`, 'Name another file, or remove it.');
  throw new WaterflowFailure(
    {
      code: code === 'ENOSPC' || code === 'EDQUOT' ? 'STORAGE_FULL' : 'STORAGE_FAILED',
      message: `cannot write ${output}: ${code}`,
      remedy: 'Name a file in a folder that exists, that you may write to, and that has room.',
      file: output,
    },
    { cause },
  );
}
