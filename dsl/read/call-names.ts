import { quote } from '../quote.ts';
import { nearest, suggestKey } from '../suggest.ts';
import type { MappingEntry } from '../tree/node.ts';
import type { Reading } from './reading.ts';

/** The keys of a job that calls another workflow. */
export interface CallEntries {
  readonly uses: MappingEntry;
  readonly with: MappingEntry | undefined;
  readonly secrets: MappingEntry | undefined;
}

/** What a called workflow takes. */
export interface Names {
  readonly what: 'input' | 'secret';
  readonly names: readonly string[];
}

/** Reports names that the called workflow doesn't take, and gives those that they were taken for. */
export function checkNames(
  reading: Reading,
  entries: readonly MappingEntry[],
  { what, names }: Names,
): { readonly misspelt: ReadonlySet<string> } {
  const misspelt = new Set<string>();
  for (const { key, keySpan } of entries) {
    if (names.includes(key) || key.includes('${{')) continue;
    misspelt.add(nearest(key, names) ?? '');
    reading.report.error(keySpan, {
      code: 'UNKNOWN_INPUT',
      message: `the called workflow has no ${what} ${quote(key)}`,
      ...(names.length === 0
        ? { remedy: `Remove it, or declare it under \`${what}s\` of \`workflow_call\`.` }
        : suggestKey(key, { names, given: entries })),
    });
  }
  return { misspelt };
}
