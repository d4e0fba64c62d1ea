import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fixSource } from '../../dsl/index.ts';
import { type Diagnostic, WaterflowFailure } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { type CompiledFile, compilerFor, type KnownSurroundings, readWorkflowFile } from './compile-file.ts';

/** A workflow file after its fixes, and what they were for. */
export interface FixedFile extends CompiledFile {
  readonly fixed: readonly Diagnostic[];
}

/** Corrects in a workflow file what is safe to correct. A file that is none the better for it isn't written. */
export async function fixFile(terminal: Terminal, file: string, known: KnownSurroundings = {}): Promise<FixedFile> {
  const bytes = await readWorkflowFile(terminal, file);
  const compile = compilerFor(terminal, file, known);
  const source = bytes.toString('utf8');
  // What isn't UTF-8 would be lost on the way back.
  if (!Buffer.from(source).equals(bytes)) return { ...compile(bytes), file, text: source, fixed: [] };
  const { text, fixed, result } = fixSource(source, compile);
  if (fixed.length > 0) await replaceFile(terminal, file, text);
  return { ...result, file, text, fixed };
}

/** Puts a text in a file's place at once, so that nobody ever reads half of it; its mode stays, and a symbolic link leads to it still. */
async function replaceFile(terminal: Terminal, file: string, text: string): Promise<void> {
  let temporary: string | undefined;
  try {
    const target = await realpath(resolve(terminal.cwd, file));
    const { mode, uid, gid, isFile } = await describeFile(target);
    if (!isFile) throw notWritable(file, 'it is no regular file');
    temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
    {
      await using handle = await open(temporary, 'wx', 0o600);
      await handle.writeFile(text);
      // Who isn't root can't give files away; then it becomes this user's, as by any editor.
      await handle.chown(uid, gid).catch(() => {});
      await handle.chmod(mode);
      await handle.sync();
    }
    await rename(temporary, target);
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true });
    if (error instanceof WaterflowFailure) throw error;
    // node:fs rejects with nothing else.
    const { code, message } = error as NodeJS.ErrnoException;
    throw notWritable(file, code ?? message);
  }
}

async function describeFile(
  path: string,
): Promise<{ readonly mode: number; readonly uid: number; readonly gid: number; readonly isFile: boolean }> {
  const stats = await stat(path);
  return { mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, isFile: stats.isFile() };
}

function notWritable(file: string, reason: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: `cannot write the corrected ${file}: ${reason}`,
    remedy: 'Make the file and its folder writable, or correct it by hand.',
    file,
  });
}
