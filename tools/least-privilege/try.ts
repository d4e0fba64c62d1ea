import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { loadPlugin } from '../../runtime/manifest/index.ts';
import { type AbsolutePath, assertNever, isJsonObject, type JsonObject } from '../../schemas/index.ts';
import { type KeptResults, keptResults, type NarrowingResult } from './kept.ts';
import { likelyTests, type Noticed } from './likely.ts';
import { type Narrowing, narrowingsOf } from './narrowings.ts';
import type { CallNote } from './note-calls.ts';
import { recordCalls } from './record-calls.ts';
import { runFiles, runNamed, runWholly, type TestsEnd, testsOf } from './run-tests.ts';

/** Which plugins and permissions, and whom to tell. */
export interface TryOptions {
  /** A copy of the repository, whose manifests are changed, and put back. */
  readonly root: string;
  readonly plugins: readonly string[];
  /** Only what begins so: `net[0]`. */
  readonly only?: string;
  /** Where results are kept, and taken from where there are some; relative to the current folder. */
  readonly resume?: string;
  /** A call of a test that would be refused is enough, and so is that none is decided otherwise; only what lies between is tried. */
  readonly quick?: boolean;
  readonly progress: (text: string) => void;
}

/** Tests fail with nothing taken away: what they say of less says nothing. */
export class Failing extends Error {}

interface Trial {
  readonly root: string;
  readonly plugin: string;
  readonly manifest: JsonObject;
  readonly tests: readonly string[];
  readonly kept: KeptResults;
  readonly quick: boolean;
  readonly notes: readonly CallNote[];
}

/**
 * Takes one thing after the other out of each manifest, and runs the plugin's tests, of which one has to fail.
 *
 * @throws {Failing} where a plugin's tests fail as they are, or there are none.
 */
export async function tryNarrowings(options: TryOptions): Promise<readonly NarrowingResult[]> {
  const { root, only = '', progress, quick = false } = options;
  const kept = keptResults(options.resume);
  const results: NarrowingResult[] = [];
  for (const plugin of options.plugins) {
    const source = readFileSync(manifestFile(root, plugin), 'utf8');
    // Checked by the loader, below.
    const manifest = parse(source) as JsonObject;
    const { permissions } = manifest;
    if (!isJsonObject(permissions)) continue;
    const chosen = narrowingsOf(permissions).filter(({ what }) => what.startsWith(only));
    const settled = chosen
      .map(({ what, permissions: less }) => kept.latest(plugin, what, less))
      .filter(isSettled(quick));
    results.push(...settled);
    const left = chosen.filter(({ what }) => settled.every((result) => result.what !== what));
    if (left.length === 0) continue;
    progress(`${plugin}: ${left.length} to try, ${settled.length} known`);
    const tests = testsOf(plugin, root);
    const notes = await notesOf({ root, plugin, permissions, tests, kept }, progress);
    const trial = { root, plugin, manifest, tests, kept, quick, notes };
    for (const [index, narrowing] of left.entries()) {
      const began = performance.now();
      const result = await tryOne(trial, narrowing).finally(() => writeFileSync(manifestFile(root, plugin), source));
      kept.keep(result, narrowing.permissions);
      results.push(result);
      const seconds = Math.round((performance.now() - began) / 1000);
      progress(`${lineOf(result)} (${index + 1} of ${left.length}, ${seconds} s)`);
    }
  }
  return results;
}

/** What needn't be tried again: nothing came up that a further test, or a smaller manifest, could mend. */
function isSettled(quick: boolean): (result: NarrowingResult | undefined) => result is NarrowingResult {
  const settled: readonly NarrowingResult['verdict'][] = [
    'needed',
    'no manifest',
    ...(quick ? (['used'] as const) : []),
  ];
  return (result): result is NarrowingResult => result !== undefined && settled.includes(result.verdict);
}

/** A line of a result. */
export function lineOf({ plugin, what, verdict, noticed_by: test }: NarrowingResult): string {
  const by = test === undefined ? '' : ` by "${test.name || test.file}"`;
  return `${plugin} without ${what}: ${verdict === 'needed' ? 'noticed' : verdict}${by}`;
}

/** What the plugin's tests call as they are, which they have to pass. */
async function notesOf(
  {
    root,
    plugin,
    permissions,
    tests,
    kept,
  }: Pick<Trial, 'root' | 'plugin' | 'tests' | 'kept'> & {
    readonly permissions: JsonObject;
  },
  progress: TryOptions['progress'],
): Promise<readonly CallNote[]> {
  const known = kept.notes(plugin, permissions);
  if (known !== undefined) return known;
  const { ended, notes } = await recordCalls(root, permissions, (environment) => runWholly(tests, root, environment));
  switch (ended.how) {
    case 'failed':
      throw new Failing(`${plugin} as it is fails: ${ended.first.name || ended.first.file}: ${ended.message}`);
    case 'broke off':
      throw new Failing(`the tests of ${plugin} as it is come to no end`);
    case 'passed':
      progress(
        `${plugin}: its tests pass${ended.skipped > 0 ? `; ${ended.skipped} are skipped here, and notice nothing` : ''}`,
      );
      kept.keepNotes(plugin, permissions, notes);
      return notes;
    default:
      return assertNever(ended);
  }
}

async function tryOne(trial: Trial, { what, permissions }: Narrowing): Promise<NarrowingResult> {
  const { root, plugin, manifest } = trial;
  const file = manifestFile(root, plugin);
  writeFileSync(file, stringify({ ...manifest, permissions }, { aliasDuplicateObjects: false }));
  try {
    // Below the copy, whose path is absolute.
    await loadPlugin(join(file, '..') as AbsolutePath, { origin: 'built-in' });
  } catch {
    return { plugin, what, verdict: 'no manifest' };
  }
  const calls = trial.notes.filter((note) => note.what === what);
  if (trial.quick && calls.length === 0) return { plugin, what, verdict: 'not needed' };
  const call = calls.find(({ how }) => how === 'refused');
  if (trial.quick && call !== undefined) {
    return { plugin, what, verdict: 'used', noticed_by: { ...call.test, message: 'a call of it would be refused' } };
  }
  const ended = await runUntilNoticed(trial, what);
  if (ended.how === 'failed') {
    return { plugin, what, verdict: 'needed', noticed_by: { ...ended.first, message: ended.message } };
  }
  return { plugin, what, verdict: ended.how === 'passed' ? 'not needed' : 'unknown' };
}

/** First the few tests that are likely to notice it, then all. */
async function runUntilNoticed({ plugin, root, tests, kept, notes }: Trial, what: string): Promise<TestsEnd> {
  const noticed = kept
    .ofPlugin(plugin)
    .flatMap(({ what: other, noticed_by: test }): readonly Noticed[] => (test ? [{ what: other, test }] : []));
  const likely = likelyTests({ what, noticed, notes }).filter(({ file }) => tests.includes(file));
  const ended: TestsEnd = likely.length === 0 ? { how: 'broke off' } : await runNamed(likely, root);
  return ended.how === 'failed' ? ended : await runFiles(tests, root);
}

function manifestFile(root: string, plugin: string): string {
  return join(root, 'plugins', plugin, 'plugin.yaml');
}
