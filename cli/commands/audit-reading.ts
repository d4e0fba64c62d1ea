import { type AuditEntry, type AuditVerdict, readAudit } from '../../runtime/audit/index.ts';
import { assertNever } from '../../schemas/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { checksOf, type NamedLog } from './audit-logs.ts';

/** Reads logs for a command that shows what is in them, and remembers whether all of them hold. */
export class AuditReading {
  readonly #terminal: Terminal;
  #exitCode: number = exitCodes.ok;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** 1 where one of the logs read so far doesn't hold: what was shown of it is true, but not all. */
  get exitCode(): number {
    return this.#exitCode;
  }

  /** The entries that hold. What doesn't is said on stderr when they have been read. */
  entriesOf(log: NamedLog): AsyncIterable<AuditEntry> {
    return readAudit(log.file, {
      ...checksOf(log),
      onVerdict: (verdict) => this.#judge(log, verdict),
    });
  }

  #judge(log: NamedLog, verdict: AuditVerdict): void {
    const { stderr } = this.#terminal;
    if (verdict.kind !== 'broken' && log.run !== undefined && verdict.run !== log.run) {
      this.#exitCode = exitCodes.failed;
      stderr.write(`${log.file} is the log of ${plainLine(verdict.run)}, not of ${log.run}\n`);
    }
    switch (verdict.kind) {
      case 'broken':
        this.#exitCode = exitCodes.failed;
        stderr.write(
          `${log.file} is BROKEN from entry ${verdict.broken_at.sequence} on: ${plainLine(verdict.reason)}\n`,
        );
        return;
      case 'torn':
      case 'unfinished':
        stderr.write(`${log.file} isn't finished: ${plainLine(verdict.reason)}\n`);
        return;
      case 'intact':
      case 'unwitnessed':
        return;
      default:
        assertNever(verdict);
    }
  }
}
