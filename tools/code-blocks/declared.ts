/** What tests say that they run: the calls of `blocksOn` and `blockOn` in their sources. */
import { parseDocument } from 'yaml';
import type { Selection } from './blocks.ts';

/** One call, as it stands in a source file. */
export interface Declaration {
  /** Path in the repository. */
  readonly file: string;
  readonly line: number;
  /** A path in the repository, or a pattern of paths. */
  readonly page: string;
  readonly selection: Selection;
}

/** A place where something is wrong, and what to do about it. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly remedy: string;
}

/** What is read of a source file. */
export interface Declared {
  readonly declarations: readonly Declaration[];
  readonly problems: readonly Problem[];
}

const call = /(?<!function )\bblocks?On\(/gu;
/** The arguments: a text, and a mapping that YAML reads as JavaScript does. */
const written = /^\s*'([^'\\]+)'(?:,\s*(\{(?:'[^']*'|[^{}'])*\}))?,?\s*\)/u;
const keys = ['language', 'begins', 'under', 'named'];

/** The declarations of a source file; a call whose arguments can't be read from its text is a problem. */
export function declarationsIn(file: string, source: string): Declared {
  const declarations: Declaration[] = [];
  const problems: Problem[] = [];
  for (const { 0: text, index } of source.matchAll(call)) {
    const line = source.slice(0, index).split('\n').length;
    const [, page, mapping = '{}'] = written.exec(source.slice(index + text.length)) ?? [];
    const selection = page === undefined ? undefined : selectionIn(mapping);
    if (page !== undefined && selection !== undefined) declarations.push({ file, line, page, selection });
    else {
      problems.push({
        file,
        line,
        message: `it can't be read which blocks ${text.slice(0, -1)} is given`,
        remedy: `Write the page and the selection out: ${text}'docs/x.md', { language: 'sh', begins: '…' }).`,
      });
    }
  }
  return { declarations, problems };
}

function selectionIn(mapping: string): Selection | undefined {
  // What JavaScript escapes isn't what YAML does.
  const document = mapping.includes('\\') ? undefined : parseDocument(mapping);
  if (document === undefined || document.errors.length > 0) return undefined;
  const selection: Selection = document.toJS(); // The compiler has seen to the values.
  return Object.keys(selection).every((key) => keys.includes(key)) ? selection : undefined;
}
