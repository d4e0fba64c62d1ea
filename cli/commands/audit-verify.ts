import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type AuditVerdict, verifyAudit } from '../../runtime/audit/index.ts';
import { type AbsolutePath, assertNever, parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { agentPublicKey } from '../composition/audit.ts';
import { auditFile, stateFolder } from '../composition/state.ts';
import { openStore } from '../composition/store.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { findRun } from './find-run.ts';

/** Checks a run's audit log from its first byte to its last. Exit 1 where the chain is broken or the log's end is missing. */
export async function verifyAuditLog(
  terminal: Terminal,
  run: string,
  options: { readonly state?: string; readonly json?: boolean },
): Promise<number> {
  const id = run === 'latest' ? findRun(openStore(terminal, options.state), run) : parseRunId(run);
  const state = stateFolder(terminal, options.state);
  const file = id === undefined ? logAt(resolve(terminal.cwd, run)) : auditFile(join(state, id));
  if (!isFile(file)) throw notFound(run, file);
  // A log that lies in a state folder is checked against that folder's key.
  const keyFolder = id === undefined ? (dirname(dirname(file)) as AbsolutePath) : state; // The parent of an absolute path.
  const publicKey = agentPublicKey(keyFolder);
  const verdict = ofRun(id, file, await verifyAudit(file, publicKey === undefined ? {} : { publicKey }));
  const known = publicKey !== undefined;
  if (options.json) terminal.stdout.write(`${JSON.stringify({ file, key_known: known, ...verdict })}\n`);
  else terminal.stdout.write(`${render(verdict, file, { known }).join('\n')}\n`);
  return verdict.ok ? exitCodes.ok : exitCodes.failed;
}

/** The audit log that a path means: the file, or the one in a run's folder. */
function logAt(path: string): AbsolutePath {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return folder ? auditFile(path) : (path as AbsolutePath); // The caller resolved it.
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** A log that was put in another run's place holds in itself, but proves nothing of this run. */
function ofRun(id: RunId | undefined, file: string, verdict: AuditVerdict): AuditVerdict {
  if (id === undefined || verdict.kind === 'broken' || verdict.run === id) return verdict;
  return {
    ok: false,
    kind: 'broken',
    broken_at: { file, line: 1, sequence: 1 },
    reason: `this is the log of ${verdict.run}, not of ${id}`,
  };
}

function render(verdict: AuditVerdict, file: string, key: { readonly known: boolean }): readonly string[] {
  switch (verdict.kind) {
    case 'intact':
      return [
        `the chain holds: ${verdict.entries} entries of ${verdict.run}, ${verdict.checkpoints} signed ${verdict.checkpoints === 1 ? 'checkpoint' : 'checkpoints'} by key ${verdict.key}`,
        ...(key.known
          ? []
          : [
              "  the agent's key is not here, so this only says that the log agrees with itself; verify it beside its state folder",
            ]),
      ];
    case 'torn':
    case 'unwitnessed':
    case 'unfinished':
      return [
        `the chain holds as far as it goes (${verdict.entries} entries of ${verdict.run}), but the log is not finished`,
        `  ${verdict.reason}`,
        `  remedy: Resume the run with waterflow run --resume ${verdict.run}, then verify again.`,
      ];
    case 'broken':
      return [
        `the chain is BROKEN at entry ${verdict.broken_at.sequence} (line ${verdict.broken_at.line} of ${file})`,
        `  ${verdict.reason}`,
        '  what stands before that entry is as it was recorded; from there on nothing is proven',
      ];
    default:
      return assertNever(verdict);
  }
}

function notFound(run: string, file: AbsolutePath): WaterflowFailure {
  return new WaterflowFailure({
    code: 'FILE_NOT_READABLE',
    message: `there is no audit log of ${run}: ${file} is no file`,
    remedy: 'Give the id of a run (with --state if it has its own state folder), or the path of an audit.ndjson.',
    file,
  });
}
