import type { CompileOptions } from '../../dsl/api.ts';
import type { Files } from './protocol.ts';

/** Reads the workflows that a workflow calls from the files that lie beside it. One may be named with or without `./`, as for the server. */
export function calledAmong(files: Files): NonNullable<CompileOptions['readWorkflow']> {
  const byPath = new Map(Object.entries(files).map(([path, text]) => [path.replace(/^\.\//u, ''), text]));
  return (path) => {
    const source = byPath.get(path);
    return source === undefined ? { missing: 'no file of that path is among those beside the workflow' } : { source };
  };
}
