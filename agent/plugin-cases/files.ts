import { hash } from 'node:crypto';
import { closeSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { CallFailure } from '../../runtime/capabilities/capability.ts';
import { splitPath } from '../../runtime/capabilities/fs/path.ts';
import { walk } from '../../runtime/capabilities/fs/tree.ts';
import { findEntry, openFile, openFolder, startReplacement } from '../../runtime/capabilities/fs/workspace.ts';
import type { Content } from '../../schemas/generated/plugin-cases.ts';
import type { AbsolutePath } from '../../schemas/index.ts';

/** Puts files into a workspace, with the folders that they lie in. Links are never followed. Paths are checked already. */
export function writeFiles(workspace: AbsolutePath, files: Readonly<Record<string, Content>>): void {
  for (const [path, content] of Object.entries(files)) {
    const names = namesOf(path);
    using folder = openFolder(workspace, names.slice(0, -1), { making: () => {} });
    const replacement = startReplacement(folder, names.at(-1) ?? '', 0o666);
    try {
      writeFileSync(replacement.fd, typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'));
    } catch (cause) {
      replacement.discard();
      throw cause;
    }
    replacement.commit();
  }
}

/** The bytes of a file of a workspace; undefined where there is no such file, and `folder` where there is a folder. */
export function readWorkspaceFile(workspace: AbsolutePath, path: string): Buffer | 'folder' | undefined {
  const names = namesOf(path);
  using entry = findEntry(workspace, names);
  if (entry === undefined) return undefined;
  if (entry.stats.isDirectory()) return 'folder';
  const { fd } = openFile(workspace, names, 'read');
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** What ordinary files a workspace holds: path -> digest. Those of more than a few megabytes are left out. */
export async function digestsOf(workspace: AbsolutePath, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  mkdirSync(workspace, { recursive: true });
  const found = new Map<string, string>();
  await walk(
    { workspace, start: [] },
    { signal },
    {
      enter: () => true,
      visit: ({ names, entry }) => {
        if (!entry.stats.isFile() || entry.stats.nlink > 1 || entry.stats.size > mostBytes) return;
        const path = names.join('/');
        const bytes = readWorkspaceFile(workspace, path);
        if (bytes instanceof Buffer) found.set(path, hash('sha256', bytes));
      },
    },
  );
  return found;
}

/** A case is a text that people read. */
const mostBytes = 64 * 1024;

/** A file's content as a case says it: as text where it is text. */
export function contentOf(bytes: Buffer): Content {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { base64: bytes.toString('base64') };
  }
}

function namesOf(path: string): readonly string[] {
  const split = splitPath(path);
  if ('problem' in split) throw new CallFailure('INVALID_ARGUMENTS', split.problem);
  return split.names;
}
