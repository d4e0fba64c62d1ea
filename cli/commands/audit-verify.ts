import { type AuditFacts, type AuditVerdict, type BrokenAt, verifyAudit } from '../../runtime/audit/index.ts';
import { assertNever } from '../../schemas/index.ts';
import { checkpointsPlace } from '../composition/audit.ts';
import { stateFolder } from '../composition/state.ts';
import { openStore } from '../composition/store.ts';
import { exitCodes } from '../exit-codes.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { checksOf, type NamedLog, namedLogs, trustedKey } from './audit-logs.ts';
import { type MissingLog, missingLogs } from './audit-missing.ts';

/** `waterflow audit verify`'s options, as the command line gives them. */
export interface VerifyOptions {
  readonly all?: boolean;
  readonly checkpoints?: string;
  readonly key?: string;
  readonly state?: string;
  readonly json?: boolean;
}

/**
 * What is said of one log. `untrusted`: it agrees with itself and with the key that it names, but nothing here says whose key that is.
 * `missing`: the run had a log, which is gone.
 */
type Verdict =
  | AuditVerdict
  | ({
      readonly ok: false;
      readonly kind: 'untrusted';
      readonly broken_at: BrokenAt;
      readonly reason: string;
    } & AuditFacts)
  | ({ readonly ok: false; readonly kind: 'missing' } & Omit<MissingLog, 'file'>);

/** Checks audit logs from their first byte to their last. Exit 1 where one doesn't hold, isn't whole, or is gone. */
export async function verifyAuditLogs(
  terminal: Terminal,
  run: string | undefined,
  options: VerifyOptions,
): Promise<number> {
  const { stdout, stderr } = terminal;
  const logs = namedLogs(terminal, run, options);
  const checkpoints = checkpointsPlace(terminal, options.checkpoints);
  const elsewhere = options.checkpoints ?? checkpoints;
  let exitCode: number = exitCodes.ok;
  const show = async (file: string, keyKnown: boolean, verdict: Verdict): Promise<void> => {
    if (!verdict.ok) exitCode = exitCodes.failed;
    const lines = options.json
      ? [plainJson({ file, key_known: keyKnown, ...verdict })]
      : render(verdict, elsewhere).map(plainLine);
    stdout.write(`${lines.join('\n')}\n`);
    await stdout.ready();
  };
  for (const log of logs) {
    const checks = { ...checksOf(log), ...(checkpoints === undefined ? {} : { checkpoints }) };
    const verdict = trusted(log, ofRun(log, await verifyAudit(log.file, checks)));
    await show(log.file, log.publicKey !== undefined, verdict);
  }
  if (options.all !== true) return exitCode;
  const state = stateFolder(terminal, options.state);
  const publicKey = trustedKey(terminal, state, options.key);
  const missing = missingLogs({ state, store: openStore(terminal, options.state), publicKey, checkpoints });
  for (const { file, ...rest } of missing) {
    await show(file, publicKey !== undefined, { ok: false, kind: 'missing', ...rest });
  }
  if (logs.length === 0 && missing.length === 0)
    stderr.write('no run here has an audit log, and none should have one\n');
  return exitCode;
}

/** Who can write to a folder can write a whole log anew, signed with a key of their own. */
function trusted({ file, publicKey }: NamedLog, verdict: AuditVerdict): Verdict {
  if (verdict.kind !== 'intact' || publicKey !== undefined) return verdict;
  return {
    ...verdict,
    ok: false,
    kind: 'untrusted',
    broken_at: { file, line: 1, sequence: 1 },
    reason: `the agent's key is not here, so this only says that the log agrees with itself and with key ${verdict.key}, which anybody could have made`,
  };
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

function render(verdict: Verdict, elsewhere: string | undefined): readonly string[] {
  switch (verdict.kind) {
    case 'intact':
      return [
        `the chain holds: ${verdict.entries} entries of ${verdict.run}, ${countText(verdict.checkpoints, 'signed checkpoint')} by key ${verdict.key}`,
        ...(verdict.segments === 1 ? [] : [`  over ${verdict.segments} files`]),
        ...(elsewhere === undefined
          ? []
          : [`  ${countText(verdict.witnesses, 'checkpoint')} in ${elsewhere} said the same`]),
      ];
    case 'untrusted':
      return [
        `the chain holds (${verdict.entries} entries of ${verdict.run}), but nothing says who wrote it`,
        `  ${verdict.reason}`,
        "  remedy: Verify it beside its state folder, or name a copy of the agent's key that nobody else could change: --key FILE.",
      ];
    case 'missing':
      return [
        `the log of ${verdict.run} is MISSING`,
        `  ${verdict.reason}`,
        '  remedy: Find out who took it away; nothing proves what this run did.',
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
