import type { CompileOptions } from '../../dsl/api.ts';

/** A file may be named with or without `./`. */
export function pathInFiles(path: string): string {
  return path.replace(/^\.\//, '');
}

/** Workflows that a submitted one calls, from the files that came with it. */
export function calledFrom(files: Readonly<Record<string, string>>): NonNullable<CompileOptions['readWorkflow']> {
  const byPath = new Map(Object.entries(files).map(([path, text]) => [pathInFiles(path), text]));
  return (path) => {
    const source = byPath.get(path);
    return source === undefined
      ? { missing: 'no file of that path came with the workflow; send it in `files`' }
      : { source };
  };
}
