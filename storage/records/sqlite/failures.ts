import { WaterflowFailure } from '../../../schemas/index.ts';
import { storageFailure } from '../../folder/failures.ts';
import { alreadyThere, notKept } from '../failures.ts';

// Extended result codes, https://www.sqlite.org/rescode.html.
const primaryKeyCode = 1555;
const uniqueCode = 2067;
const foreignKeyCode = 787;

/** What SQLite refused, as a failure that callers and operators can act on. */
export function sqliteFailure(cause: unknown, at: { readonly doing: string; readonly file: string }): WaterflowFailure {
  if (cause instanceof WaterflowFailure) return cause;
  const code = cause instanceof Error && 'errcode' in cause ? cause.errcode : undefined;
  if (code === primaryKeyCode || code === uniqueCode) return alreadyThere(at.doing, cause);
  if (code === foreignKeyCode) return notKept(at.doing, cause);
  const { error } = storageFailure(cause, at);
  if (error.code !== 'STORAGE_FULL') return new WaterflowFailure(error, { cause });
  const remedy = 'Free space on that disk, or raise its quota. What was acknowledged is intact.';
  return new WaterflowFailure({ ...error, remedy }, { cause });
}
