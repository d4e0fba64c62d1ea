import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { keptCallsVariable } from '../../../agent/executor/testing/kept-calls.ts';
import { loadPlugin } from '../../../runtime/manifest/index.ts';
import { type AbsolutePath, isJsonObject, type JsonObject } from '../../../schemas/index.ts';
import { runWholly, testsOf } from '../run-tests.ts';
import { Failing } from '../try.ts';
import { type ComparedEntry, compare } from './compare.ts';
import { ownTexts } from './own-texts.ts';
import { learnedUses } from './uses.ts';
import type { Wider } from './wider.ts';

/** A plugin's manifest beside what the plugin's tests need of it. */
export interface LearnedPlugin {
  readonly plugin: string;
  readonly entries: readonly LearnedEntry[];
  /** Reasons of wider.yaml for something that is proposed no more. */
  readonly outdated: readonly Wider[];
}

/** An entry, and for each thing that could be narrower why it is not, where there is a reason. */
export type LearnedEntry = Omit<ComparedEntry, 'narrower'> & {
  readonly narrower: readonly (ComparedEntry['narrower'][number] & { readonly stays?: string })[];
};

/**
 * Runs the plugin's tests and learns from all of their calls together what the manifest has to ask for.
 *
 * @throws {Failing} where they fail, or there are none.
 */
export async function learnPlugin(
  plugin: string,
  { root, wider }: { readonly root: string; readonly wider: readonly Wider[] },
): Promise<LearnedPlugin> {
  const folder = join(root, 'plugins', plugin);
  const calls = mkdtempSync(join(tmpdir(), 'waterflow-calls-'));
  try {
    // Checked by the loader, below; a node of the machine's own isn't loaded, and makes no calls.
    const manifest = parse(readFileSync(join(folder, 'plugin.yaml'), 'utf8')) as JsonObject;
    const { permissions, inputs = {} } = manifest;
    if (!isJsonObject(permissions) || !isJsonObject(inputs)) return { plugin, entries: [], outdated: [] };
    const { identity } = await loadPlugin(folder as AbsolutePath, { origin: 'built-in' }); // Below the repository, whose path is absolute.
    const ended = await runWholly(testsOf(plugin, root), root, { [keptCallsVariable]: calls });
    if (ended.how === 'failed') throw new Failing(`${plugin} fails: ${ended.first.name || ended.first.file}`);
    if (ended.how === 'broke off') throw new Failing(`the tests of ${plugin} come to no end`);
    const uses = learnedUses(calls, identity.digest);
    return explained(plugin, compare({ permissions, inputs, isOwn: ownTexts(folder) }, uses), wider);
  } finally {
    rmSync(calls, { recursive: true, force: true });
  }
}

function explained(plugin: string, entries: readonly ComparedEntry[], wider: readonly Wider[]): LearnedPlugin {
  const own = wider.filter((reason) => reason.plugin === plugin);
  const isFor = (reason: Wider, { place, instead }: ComparedEntry['narrower'][number]): boolean =>
    reason.place === place && (reason.instead === undefined || reason.instead === instead);
  const proposed = entries.flatMap(({ narrower }) => narrower);
  return {
    plugin,
    entries: entries.map((entry) => ({
      ...entry,
      narrower: entry.narrower.map((proposal) => {
        const stays = own.find((reason) => isFor(reason, proposal))?.reason;
        return stays === undefined ? proposal : { ...proposal, stays };
      }),
    })),
    outdated: own.filter((reason) => !proposed.some((proposal) => isFor(reason, proposal))),
  };
}
