import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Attack } from '../../runtime/attacks/attack.ts';
import type { Mutation } from '../../runtime/attacks/mutation.ts';
import { mutations } from '../../runtime/attacks/mutations.ts';
import { type ProtectionId, protections } from '../../runtime/attacks/protections.ts';
import type { ConfinementLevel } from '../../runtime/supervisor/index.ts';
import { copySources } from '../source-copy.ts';
import { levelsHere } from './run.ts';

/** Whether a protection that was taken away is missed. */
export interface MutationResult {
  readonly protection: ProtectionId;
  readonly fine: boolean;
  /** The attacks that succeeded then. */
  readonly noticed_by: readonly string[];
  readonly why: string;
}

/** Which mutations, and whom to tell. */
export interface MutationOptions {
  readonly only: readonly string[] | undefined;
  readonly progress: (text: string) => void;
}

/** Enough for the attacks of one protection, most of which end at once. */
const longestMs = 300_000;
/** So long no attack takes that a protection still holds, of those under which the agent would stand still. */
const standstillMs = 45_000;

/**
 * Takes one protection after the other away, in a copy of the sources, and tries the attacks that name it: one has to succeed.
 * The copy alone is patched, so that no switch has to exist in what is shipped.
 */
export async function tryMutations(
  attacks: readonly Attack[],
  { only, progress }: MutationOptions,
): Promise<readonly MutationResult[]> {
  const chosen = mutations.filter(({ protection }) => only === undefined || only.includes(protection));
  using sources = await mutableSources();
  const results: MutationResult[] = [];
  for (const mutation of chosen) {
    const result = await sources.without(mutation, attacks);
    results.push(result);
    progress(
      `without ${mutation.protection}: ${result.fine ? `noticed by ${result.noticed_by.join(', ')}` : result.why}`,
    );
  }
  return results;
}

/** A copy of the sources, from which one protection after the other is taken away. */
export interface MutableSources extends Disposable {
  /** Tries those of the attacks that name the protection, until one succeeds. */
  without(mutation: Mutation, attacks: readonly Attack[]): Promise<MutationResult>;
}

/** Makes the copy. */
export async function mutableSources(): Promise<MutableSources> {
  const best = (await levelsHere()).at(-1) ?? 0;
  const copy = copySources();
  return {
    without: (mutation, attacks) => tryMutation(copy.path, { level: best, ...mutation }, attacks),
    [Symbol.dispose]: () => copy[Symbol.dispose](),
  };
}

/** A line for each protection that nobody misses, and what has no mutation yet. */
export function renderMutations(results: readonly MutationResult[]): string {
  const missed = results.filter(({ fine }) => !fine);
  const mutated = new Set(mutations.map(({ protection }) => protection));
  const others = Object.keys(protections).filter((id) => !mutated.has(id as ProtectionId)); // The keys are the ids.
  return [
    ...missed.map(({ protection, why }) => `${protection}: ${why}`),
    ...(others.length === 0 ? [] : [`without a mutation: ${others.join(', ')}`]),
    `${results.length} mutations, ${missed.length} that no attack notices`,
  ].join('\n');
}

/** A mutation, and the level at which it is tried. */
type PlacedMutation = Mutation & { readonly level: ConfinementLevel };

async function tryMutation(
  copy: string,
  mutation: PlacedMutation,
  attacks: readonly Attack[],
): Promise<MutationResult> {
  const { protection, patches } = mutation;
  const named = attacks.filter((attack) => attack.protections.includes(protection));
  if (named.length === 0) return missed(protection, 'no attack names it');
  const originals = new Map(patches.map(({ file }) => [file, readFileSync(join(copy, file), 'utf8')]));
  try {
    for (const { file, find, replace } of patches) {
      const source = readFileSync(join(copy, file), 'utf8');
      if (!source.includes(find)) return missed(protection, `the mutation doesn't apply to ${file} any more`);
      writeFileSync(
        join(copy, file),
        source.replace(find, () => replace),
      );
    }
    return await judge(copy, mutation, named);
  } finally {
    for (const [file, source] of originals) writeFileSync(join(copy, file), source);
  }
}

async function judge(
  copy: string,
  { protection, level, ends, patches }: PlacedMutation,
  named: readonly Attack[],
): Promise<MutationResult> {
  const only = named.length === 1 ? (named[0]?.id ?? '') : `{${named.map(({ id }) => id).join(',')}}`;
  const words = ['tools/attacks.ts', '--only', only, '--level', `${level}`, '--first', '--json'];
  const child = spawn(process.execPath, words, {
    cwd: copy,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: ends === 'standstill' ? standstillMs : longestMs,
    killSignal: 'SIGKILL',
  });
  const exit = once(child, 'exit');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  // A code, or the signal that ended it.
  const [, signal] = (await exit) as [number | null, NodeJS.Signals | null];
  const cells = parsed(output);
  if (cells === undefined) {
    const standsStill = ends === 'standstill' && signal === 'SIGKILL';
    return standsStill
      ? { protection, fine: true, noticed_by: named.map(({ id }) => id), why: 'the agent stands still' }
      : diedOf(protection, errors);
  }
  const sought = patches.length === 0 ? 'declared' : 'succeeded';
  const noticed = [...new Set(cells.filter(({ verdict }) => verdict.kind === sought).map(({ attack }) => attack.id))];
  if (noticed.length > 0) return { protection, fine: true, noticed_by: noticed, why: '' };
  const unexpected = cells.find(({ verdict }) => verdict.kind === 'unexpected');
  return missed(
    protection,
    `no attack notices (${named.length} tried)${unexpected === undefined ? '' : `: ${JSON.stringify(unexpected.verdict)}`}`,
  );
}

function diedOf(protection: ProtectionId, errors: string): MutationResult {
  const tried = errors.trim().split('\n').at(-1) ?? '';
  return missed(protection, `the run of the attacks itself failed: ${tried}`);
}

function missed(protection: ProtectionId, why: string): MutationResult {
  return { protection, fine: false, noticed_by: [], why };
}

function parsed(
  output: string,
): readonly { readonly attack: { readonly id: string }; readonly verdict: { readonly kind: string } }[] | undefined {
  try {
    // Our own --json.
    return JSON.parse(output) as ReturnType<typeof parsed>;
  } catch {
    return undefined;
  }
}
