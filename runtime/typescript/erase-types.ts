import { stripTypeScriptTypes } from 'node:module';

/** TypeScript to JavaScript with the same lines and columns. Throws where the types can't be erased, or it is no TypeScript. */
export type EraseTypes = (source: string) => string;

/** Node's own way, which blanks the types out. Its first call in a process loads a compiler: 0.1 s. */
export const eraseTypes: EraseTypes = (source) => {
  // Node announces on every process's first call that this function may still change; users can't act on that.
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' });
  } finally {
    process.emitWarning = emitWarning;
  }
};
