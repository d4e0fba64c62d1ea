import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Locked, Lockfile } from '../../schemas/generated/lockfile.ts';
import { type AbsolutePath, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import lockfileSchema from '../../schemas/lockfile.schema.json' with { type: 'json' };
import { checkSchema } from '../documents/schema-check.ts';
import { compareNamed } from '../manifest/versions.ts';

/** The lockfile's name in a plugin folder. */
export const lockfileName = 'waterflow.lock';

/** What a lockfile says before anything is installed. */
export const emptyLockfile: Lockfile = { version: 1, plugins: [] };

/** In bytes: ten thousand plugins that ask for much. */
const longestBytes = 64 * 1024 ** 2;
/** The bit of "others may write". */
const worldWritable = 0o002;

/** Text of a lockfile -> lockfile. Throws LOCKFILE_INVALID. */
export function parseLockfile(text: string, file: string): Lockfile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? cause.message : String(cause));
  }
  const [misfit] = checkSchema(lockfileSchema, value);
  if (misfit !== undefined) throw invalid(file, misfit.message);
  // It fits the schema, from which the type is made.
  const lockfile = value as Lockfile;
  const names = lockfile.plugins.map(nameOf);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(file, `${twice} is locked twice`);
  return lockfile;
}

/** The lockfile as its file has it, the same for the same content. */
export function renderLockfile(lockfile: Lockfile): string {
  const { version, plugins, pending = [] } = lockfile;
  const sorted = plugins.toSorted(compareNamed);
  const content: Lockfile = { version, plugins: sorted, ...(pending.length === 0 ? {} : { pending }) };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/**
 * Reads a lockfile; the empty one where there is none. It says what is approved, so one that is a link, or that everybody may write to,
 * is refused: LOCKFILE_INVALID.
 */
export function readLockfile(file: AbsolutePath): Lockfile {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    // node:fs throws nothing else.
    const { code = String(cause) } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return emptyLockfile;
    throw invalid(file, code === 'ELOOP' ? 'it is a symbolic link' : `it can't be read: ${code}`);
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw invalid(file, 'it is no file');
    if (stats.size > longestBytes) throw invalid(file, `it is longer than ${longestBytes} bytes`);
    if ((stats.mode & worldWritable) !== 0) throw invalid(file, 'everybody on this machine may write to it');
    return parseLockfile(readFileSync(fd, 'utf8'), file);
  } finally {
    closeSync(fd);
  }
}

/** `name@1.2.3`, which is its folder's name, too. */
export function nameOf({ name, version }: Pick<Locked, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

function invalid(file: string, why: string): WaterflowFailure {
  const error: WaterflowError = {
    code: 'LOCKFILE_INVALID',
    message: `${file}: ${why}`,
    remedy:
      'Bring back the last good one from a backup, or remove it and install the plugins again: until then none of them counts as approved.',
    file,
  };
  return new WaterflowFailure(error);
}
