import {
  type AuditEntry,
  type AuditedHostCall,
  type AuditedInvocation,
  auditedCalls,
  auditedInvocations,
} from '../../runtime/audit/index.ts';
import { callLines, invocationLines, type RunColumn } from '../report/audit-rows.ts';
import { createStyle, type Style } from '../report/style.ts';
import { plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { callFilter, type FilterOptions, subjectFilter } from './audit-filter.ts';
import { namedLogs } from './audit-logs.ts';
import { AuditReading } from './audit-reading.ts';

/** `waterflow audit query`'s options, as the command line gives them. */
export interface QueryOptions extends FilterOptions {
  readonly all?: boolean;
  readonly invocations?: boolean;
  readonly limit?: number;
  readonly state?: string;
  readonly json?: boolean;
}

/** What is asked for: how it is found in a log, and how it is shown. */
interface Question<Found> {
  readonly find: (entries: AsyncIterable<AuditEntry>) => AsyncIterable<Found>;
  readonly isWanted: (found: Found) => boolean;
  readonly linesOf: (found: Found, style: Style, column: RunColumn) => readonly string[];
  readonly type: 'host_call' | 'invocation';
}

/** Shows what was recorded, one JSON object a line with --json. Exit 1 where a log doesn't hold. */
export async function queryAudit(terminal: Terminal, run: string | undefined, options: QueryOptions): Promise<number> {
  const now = terminal.now();
  const calls: Question<AuditedHostCall> = {
    find: auditedCalls,
    isWanted: callFilter(options, now),
    linesOf: callLines,
    type: 'host_call',
  };
  const invocations: Question<AuditedInvocation> = {
    find: auditedInvocations,
    isWanted: subjectFilter(options, now),
    linesOf: invocationLines,
    type: 'invocation',
  };
  return options.invocations === true
    ? await answer(terminal, invocations, { ...options, run })
    : await answer(terminal, calls, { ...options, run });
}

async function answer<Found extends object>(
  terminal: Terminal,
  question: Question<Found>,
  options: QueryOptions & { readonly run: string | undefined },
): Promise<number> {
  const { stdout, stderr } = terminal;
  const style = createStyle({ colours: stdout.colours });
  const reading = new AuditReading(terminal);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  let shown = 0;
  for (const log of namedLogs(terminal, options.run, options)) {
    for await (const found of question.find(reading.entriesOf(log))) {
      if (!question.isWanted(found)) continue;
      if (shown === limit) {
        stderr.write(`there are more: --limit N shows more than ${limit}\n`);
        return reading.exitCode;
      }
      shown += 1;
      const lines =
        options.json === true
          ? [plainJson({ type: question.type, ...found })]
          : question.linesOf(found, style, options.all === true ? 'with run' : 'without run');
      stdout.write(`${lines.join('\n')}\n`);
      await stdout.ready();
      // Nobody reads any more.
      if (stdout.failure() !== undefined) return reading.exitCode;
    }
  }
  if (shown === 0) stderr.write('nothing on record is like that\n');
  return reading.exitCode;
}
