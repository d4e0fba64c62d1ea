import { auditedCalls } from '../../runtime/audit/index.ts';
import { learn, renderLearned } from '../../runtime/policy/learn/index.ts';
import { usageError } from '../command.ts';
import { openPlugins } from '../composition/plugins.ts';
import { plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { namedLogs } from './audit-logs.ts';
import { AuditReading } from './audit-reading.ts';

interface PolicyLearnOptions {
  readonly by: 'name' | 'digest';
  readonly ids?: boolean;
  readonly state?: string;
  readonly json?: boolean;
}

/** Prints a policy that allows what a run did and nothing else. Exit 1 where its audit log doesn't hold: then not all is in it. */
export async function learnPolicy(terminal: Terminal, run: string, options: PolicyLearnOptions): Promise<number> {
  const [log] = namedLogs(terminal, run, options);
  if (log === undefined) throw usageError('there is no such run', 'Name one run.');
  const reading = new AuditReading(terminal);
  const learned = await learn(auditedCalls(reading.entriesOf(log)), {
    generalize: options.ids === true ? 'ids' : 'nothing',
  });
  if (options.json) terminal.stdout.write(`${plainJson({ run: log.run ?? log.file, ...learned })}\n`);
  else {
    terminal.stdout.write(
      renderLearned(learned, {
        by: options.by,
        builtIn: openPlugins(terminal, []).builtInNames,
        source: log.run ?? log.file,
      }),
    );
  }
  return reading.exitCode;
}
