import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { ProviderProblem } from './api.ts';

/** Larger than any secret that is one, and than a token. */
const mostBytes = 256 * 1024;

const othersMayRead = 0o004;
const othersMayWrite = 0o022;

/**
 * Reads a file that only this user and its group may read, and only this user and root may change. A link counts where it leads to a file below
 * `root`, as the mounts of Kubernetes have them; what a link leads to outside of it is refused.
 */
export function readPrivateFile(
  file: string,
  { root, uid }: { readonly root: AbsolutePath; readonly uid: number | undefined },
): { readonly text: string } | { readonly problem: ProviderProblem } {
  let descriptor: number | undefined;
  try {
    const real = realpathSync(file);
    if (!real.startsWith(`${realpathSync(root)}${sep}`)) return denied('its file is a link that leads elsewhere');
    // What is put in its place meanwhile is no longer followed.
    descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return denied('it is no file');
    if ((stat.mode & othersMayRead) !== 0) return denied('everybody on the machine may read its file');
    if ((stat.mode & othersMayWrite) !== 0) return denied('others than its owner may change its file');
    if (uid !== undefined && stat.uid !== uid && stat.uid !== 0) return denied('its file belongs to another user');
    if (stat.size > mostBytes) return invalid(`its file is larger than ${mostBytes / 1024} KiB`);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(descriptor)) };
  } catch (cause) {
    return { problem: problemOf(cause) };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The one line of such a file: a token. It may be a link to anywhere in its own folder. */
export function readTokenFile(
  file: AbsolutePath,
  uid: number | undefined,
): { readonly text: string } | { readonly problem: ProviderProblem } {
  // The folder of an absolute path is one.
  const read = readPrivateFile(file, { root: dirname(file) as AbsolutePath, uid });
  if ('problem' in read) return read;
  const text = read.text.trim();
  return /^[\u0021-\u007e]+$/u.test(text) ? { text } : invalid('its file holds no token of one line');
}

/** Where a path of the configuration leads: it has no `..`, which was checked. */
export function fileBelow(folder: AbsolutePath, path: string): string {
  return join(folder, ...path.split('/'));
}

function problemOf(cause: unknown): ProviderProblem {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing', reason: 'there is no such file' };
  if (code === 'EACCES' || code === 'EPERM') return { kind: 'denied', reason: 'the agent may not read its file' };
  if (code === 'ELOOP') return { kind: 'denied', reason: 'its file is a link that leads elsewhere' };
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { kind: 'invalid', reason: 'its file is no UTF-8 text' };
  return { kind: 'unreachable', reason: `its file can't be read (${code === '' ? 'unknown error' : code})` };
}

function denied(reason: string): { readonly problem: ProviderProblem } {
  const remedy = "Have the file belong to the agent's user or to root, with the mode 0400, 0440, 0600 or 0640.";
  return { problem: { kind: 'denied', reason, remedy } };
}

function invalid(reason: string): { readonly problem: ProviderProblem } {
  return { problem: { kind: 'invalid', reason } };
}
