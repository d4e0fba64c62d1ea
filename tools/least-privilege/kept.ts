import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { JsonObject } from '../../schemas/index.ts';
import type { CallNote } from './note-calls.ts';
import type { NamedTest } from './run-tests.ts';

/** What became of a plugin that was given less than it asks for. */
export interface NarrowingResult {
  readonly plugin: string;
  readonly what: string;
  /**
   * `needed`: a test failed. `used`: a call that a test makes would be refused, and the test wasn't run. `not needed`: all passed. `no
   * manifest`: it is none without that. `unknown`: the tests came to no end.
   */
  readonly verdict: 'needed' | 'used' | 'not needed' | 'no manifest' | 'unknown';
  /** The test that failed first, and what it said; of `used` the one that makes the call. */
  readonly noticed_by?: NamedTest & { readonly message: string };
}

/** Results of earlier tries, a line of JSON each, so that one that is broken off can go on. */
export interface KeptResults {
  /** What came of these very permissions the last time. */
  latest(plugin: string, what: string, permissions: JsonObject): NarrowingResult | undefined;
  /** All that was found out about a plugin, also with other permissions. */
  ofPlugin(plugin: string): readonly NarrowingResult[];
  keep(result: NarrowingResult, permissions: JsonObject): void;
  /** What the tests of a plugin with these permissions call, where they passed. */
  notes(plugin: string, permissions: JsonObject): readonly CallNote[] | undefined;
  keepNotes(plugin: string, permissions: JsonObject, notes: readonly CallNote[]): void;
}

type Line =
  | { readonly result: NarrowingResult; readonly permissions: string }
  | { readonly plugin: string; readonly notes: readonly CallNote[]; readonly permissions: string };

/** Those of a file, which needn't be there yet; without one they are forgotten at the end. */
export function keptResults(file: string | undefined): KeptResults {
  const text = file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : '';
  // Written below; the last line may have been cut off.
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
  const add = (line: Line): void => {
    lines.push(line);
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
  };
  const of = (permissions: JsonObject): readonly Line[] => {
    const digest = digestOf(permissions);
    return lines.filter((line) => line.permissions === digest);
  };
  return {
    latest: (plugin, what, permissions) =>
      resultsIn(of(permissions)).findLast((result) => result.plugin === plugin && result.what === what),
    ofPlugin: (plugin) => resultsIn(lines).filter((result) => result.plugin === plugin),
    keep: (result, permissions) => add({ result, permissions: digestOf(permissions) }),
    notes: (plugin, permissions) =>
      of(permissions)
        .flatMap((line) => ('notes' in line && line.plugin === plugin ? [line.notes] : []))
        .at(-1),
    keepNotes: (plugin, permissions, notes) => add({ plugin, notes, permissions: digestOf(permissions) }),
  };
}

function resultsIn(lines: readonly Line[]): readonly NarrowingResult[] {
  return lines.flatMap((line) => ('result' in line ? [line.result] : []));
}

function digestOf(permissions: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(permissions)).digest('hex');
}
