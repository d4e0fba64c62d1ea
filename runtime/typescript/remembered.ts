import { hash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EraseTypes } from './erase-types.ts';

/** An author's every change leaves an entry behind; so many are a few megabytes. */
const mostEntries = 500;

/**
 * The same eraser, remembering in a folder what came of each source, so that a short-lived process needs no compiler. The
 * folder must be one that nobody else can write to: what lies there is run. A damaged entry counts as none, and a folder that
 * can't be written to only costs the time.
 */
export function rememberErased(folder: string, eraseTypes: EraseTypes): (source: string) => Promise<string> {
  return async (source) => {
    const file = join(folder, `${hash('sha256', `${process.version}\n${source}`)}.js`);
    const known = read(file);
    if (known !== undefined) return known;
    const erased = await eraseTypes(source);
    write(folder, file, erased);
    return erased;
  };
}

function read(file: string): string | undefined {
  const text = orUndefined(() => readFileSync(file, 'utf8')) ?? '';
  const end = text.indexOf('\n');
  const content = text.slice(end + 1);
  return text.slice(0, end) === hash('sha256', content) ? content : undefined;
}

/** The checksum first: a machine that lost its power may have kept a part only. */
function write(folder: string, file: string, content: string): void {
  const unfinished = `${file}.${process.pid}.new`;
  const written = orUndefined(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const entries = readdirSync(folder);
    if (entries.length >= mostEntries) for (const name of entries) rmSync(join(folder, name), { force: true });
    writeFileSync(unfinished, `${hash('sha256', content)}\n${content}`, { mode: 0o600 });
    renameSync(unfinished, file);
    return file;
  });
  if (written === undefined) orUndefined(() => rmSync(unfinished, { force: true }));
}

function orUndefined<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
