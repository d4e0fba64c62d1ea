import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type CheckOptions, firstSegmentOf, readPublicKey } from '../../runtime/audit/index.ts';
import { type AbsolutePath, parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { agentPublicKey } from '../composition/audit.ts';
import { auditFile, stateFolder } from '../composition/state.ts';
import { openStore } from '../composition/store.ts';
import type { Terminal } from '../terminal.ts';
import { findRun } from './find-run.ts';

/** An audit log that a command line means. */
export interface NamedLog {
  /** Its first file. */
  readonly file: AbsolutePath;
  /** Whose it must be; undefined for one that was given as a path. */
  readonly run: RunId | undefined;
  /** The key of the agent whose state folder it lies in (PEM); undefined for one that lies elsewhere. */
  readonly publicKey: string | undefined;
  /** Whether it lies in a state folder, with its head beside it; a copy may come without. */
  readonly head: CheckOptions['head'];
}

/** Which logs a command line means. */
interface LogOptions {
  readonly all?: boolean;
  readonly state?: string;
  /** A file with the key that is trusted, in place of the one in the state folder. */
  readonly key?: string;
}

/** Against what a log is checked: in a state folder, against its key and its head. */
export function checksOf({ publicKey, head }: NamedLog): CheckOptions {
  return {
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(head === undefined ? {} : { head }),
  };
}

/** Which logs are meant: one run's, or those of all runs that have one. Throws WaterflowFailure. */
export function namedLogs(terminal: Terminal, word: string | undefined, options: LogOptions): readonly NamedLog[] {
  if ((word === undefined) !== (options.all === true)) {
    throw usageError('name one run, or say --all', 'Give the id of a run, `latest`, a path, or --all.');
  }
  const state = stateFolder(terminal, options.state);
  if (word !== undefined) return [namedLog(terminal, word, { ...options, folder: state })];
  const publicKey = trustedKey(terminal, state, options.key);
  return openStore(terminal, options.state)
    .list()
    .map((run) => ({ file: auditFile(join(state, run)), run, publicKey, head: 'required' as const }))
    .filter(({ file }) => existsSync(file));
}

/** The key that must have signed (PEM): that of `--key`, else the one in a state folder, else undefined. Throws WaterflowFailure. */
export function trustedKey(
  terminal: Pick<Terminal, 'cwd'>,
  state: AbsolutePath,
  file: string | undefined,
): string | undefined {
  // resolve() gives an absolute path.
  return file === undefined ? agentPublicKey(state) : readPublicKey(resolve(terminal.cwd, file) as AbsolutePath);
}

function namedLog(terminal: Terminal, word: string, options: LogOptions & { readonly folder: AbsolutePath }): NamedLog {
  const path = resolve(terminal.cwd, word);
  const isPath = word.includes('/') || (parseRunId(word) === undefined && existsSync(path));
  const run = isPath ? undefined : (parseRunId(word) ?? findRun(openStore(terminal, options.state), word));
  const file = run === undefined ? logAt(path) : auditFile(join(options.folder, run));
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) throw notFound(word, file);
  // A log that lies in a state folder is checked against that folder's key.
  const keyFolder = run === undefined ? (dirname(dirname(file)) as AbsolutePath) : options.folder; // The parent of an absolute path.
  const inState = run !== undefined || agentPublicKey(keyFolder) !== undefined;
  return { file, run, publicKey: trustedKey(terminal, keyFolder, options.key), head: inState ? 'required' : undefined };
}

/** The audit log that a path means: the one that the file belongs to, or the one in a run's folder. */
function logAt(path: string): AbsolutePath {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return folder ? auditFile(path) : (firstSegmentOf(path) as AbsolutePath); // The caller resolved it.
}

function notFound(run: string, file: AbsolutePath): WaterflowFailure {
  return new WaterflowFailure({
    code: 'FILE_NOT_READABLE',
    message: `there is no audit log of ${run}: ${file} is no file`,
    remedy: 'Give the id of a run (with --state if it has its own state folder), or the path of an audit.ndjson.',
    file,
  });
}
