import { type AuditVerdict, verifyAudit } from '../../runtime/audit/index.ts';
import { assertNever } from '../../schemas/index.ts';
import { checkpointsPlace } from '../composition/audit.ts';
import { exitCodes } from '../exit-codes.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { checksOf, type NamedLog, namedLogs } from './audit-logs.ts';

/** `waterflow audit verify`'s options, as the command line gives them. */
export interface VerifyOptions {
  readonly all?: boolean;
  readonly checkpoints?: string;
  readonly state?: string;
  readonly json?: boolean;
}

/** Checks audit logs from their first byte to their last. Exit 1 where a chain is broken or a log's end is missing. */
export async function verifyAuditLogs(
  terminal: Terminal,
  run: string | undefined,
  options: VerifyOptions,
): Promise<number> {
  const { stdout, stderr } = terminal;
  const logs = namedLogs(terminal, run, options);
  const checkpoints = checkpointsPlace(terminal, options.checkpoints);
  let exitCode: number = exitCodes.ok;
  for (const log of logs) {
    const verdict = ofRun(
      log,
      await verifyAudit(log.file, {
        ...checksOf(log),
        ...(checkpoints === undefined ? {} : { checkpoints }),
      }),
    );
    if (!verdict.ok) exitCode = exitCodes.failed;
    const known = log.publicKey !== undefined;
    if (options.json) stdout.write(`${plainJson({ file: log.file, key_known: known, ...verdict })}\n`);
    else
      stdout.write(
        `${render(verdict, { known, elsewhere: options.checkpoints ?? checkpoints })
          .map(plainLine)
          .join('\n')}\n`,
      );
    await stdout.ready();
  }
  if (logs.length === 0) stderr.write('no run here has an audit log\n');
  return exitCode;
}

/** A log that was put in another run's place holds in itself, but proves nothing of this run. */
function ofRun({ run, file }: NamedLog, verdict: AuditVerdict): AuditVerdict {
  if (run === undefined || verdict.kind === 'broken' || verdict.run === run) return verdict;
  return {
    ok: false,
    kind: 'broken',
    broken_at: { file, line: 1, sequence: 1 },
    reason: `this is the log of ${verdict.run}, not of ${run}`,
  };
}

function render(
  verdict: AuditVerdict,
  asked: { readonly known: boolean; readonly elsewhere: string | undefined },
): readonly string[] {
  switch (verdict.kind) {
    case 'intact':
      return [
        `the chain holds: ${verdict.entries} entries of ${verdict.run}, ${countText(verdict.checkpoints, 'signed checkpoint')} by key ${verdict.key}`,
        ...(verdict.segments === 1 ? [] : [`  over ${verdict.segments} files`]),
        ...(asked.elsewhere === undefined
          ? []
          : [`  ${countText(verdict.witnesses, 'checkpoint')} in ${asked.elsewhere} said the same`]),
        ...(asked.known
          ? []
          : [
              "  the agent's key is not here, so this only says that the log agrees with itself; verify it beside its state folder",
            ]),
      ];
    case 'torn':
    case 'unfinished':
      return [
        `the chain holds as far as it goes (${verdict.entries} entries of ${verdict.run}), but the log is ${verdict.kind === 'torn' ? 'torn' : 'not finished'}`,
        `  ${verdict.reason}`,
        `  remedy: Resume the run with waterflow run --resume ${verdict.run}, then verify again.`,
      ];
    case 'unwitnessed':
      return [
        `the chain holds (${verdict.entries} entries of ${verdict.run}), but nothing elsewhere says so`,
        `  ${verdict.reason}`,
        '  remedy: Name the file that the agent was given, or find out who took its lines away.',
      ];
    case 'broken': {
      const { file, line, sequence } = verdict.broken_at;
      return [
        `the chain is BROKEN at entry ${sequence} (line ${line} of ${file})`,
        `  ${verdict.reason}`,
        '  what stands before that entry is as it was recorded; from there on nothing is proven',
      ];
    }
    default:
      return assertNever(verdict);
  }
}
