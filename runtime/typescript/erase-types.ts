import { stripTypeScriptTypes } from 'node:module';
import { eraseInThread, isVerdict } from './erase-in-thread.ts';

/** TypeScript to JavaScript with the same lines and columns. Throws where the types can't be erased, or it is no TypeScript. */
export type EraseTypes = (source: string) => string | Promise<string>;

/** Longer sources are compiled in a thread: a hostile one takes time by the square of its length, and everybody would wait. */
const longestHere = 32 * 1024;

/** Node's compiler is WebAssembly; a source that is nested beyond its stack leaves it unusable for all others after it. */
let isBroken = false;

/** Node's own way, which blanks the types out. Its first call in a process loads a compiler: 0.1 s. */
export const eraseTypes: EraseTypes = (source) => {
  if (isBroken || source.length > longestHere) return eraseInThread(source);
  try {
    return eraseHere(source);
  } catch (cause) {
    if (isVerdict(cause)) throw cause;
    isBroken = true;
    return eraseInThread(source);
  }
};

function eraseHere(source: string): string {
  // Node announces on every process's first call that this function may still change; users can't act on that.
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' });
  } finally {
    process.emitWarning = emitWarning;
  }
}
