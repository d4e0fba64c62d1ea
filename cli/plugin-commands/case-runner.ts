import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CasePowers, type CaseResult, type PluginCase, runCase } from '../../agent/plugin-cases/index.ts';
import { placeOf, readUrl } from '../../runtime/capabilities/net/call.ts';
import type { PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import { type Policy, readPolicy, requiredConfinement } from '../../runtime/policy/index.ts';
import type { Supervisor } from '../../runtime/supervisor/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { isJsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { createRunIds } from '../../storage/index.ts';
import { locatePlugin } from '../commands/locate-plugin.ts';
import { openExecutor } from '../composition/agent.ts';
import { openPlugins } from '../composition/plugins.ts';
import { openPolicy } from '../composition/policy.ts';
import { requireCurrentBuild } from '../plugin-build/build-plugin.ts';
import type { Terminal } from '../terminal.ts';

/** A plugin that is to be tried on its own. */
export interface TriedPlugin {
  readonly plugin: LoadedPlugin;
  readonly uses: string;
  /** Where `./folder` begins. */
  readonly folder: AbsolutePath;
}

/** What the command line says of how cases are run. */
export interface CaseSettings {
  /** Cases with `host: real` make their calls. */
  readonly real: boolean;
  readonly policy: string | undefined;
  /** Over those of the cases that make real calls. */
  readonly secrets: Readonly<Record<string, string>>;
  /** `--allow-private`, of those cases alone. */
  readonly privatePlaces: readonly string[];
}

/** A case with what came of it; undefined where it was left out. */
export interface RanCase {
  readonly one: PluginCase;
  readonly result: CaseResult | undefined;
}

/** The plugin that a command line names. Throws PLUGIN_NOT_FOUND and PLUGIN_INVALID. */
export async function findTriedPlugin(terminal: Terminal, name: string): Promise<TriedPlugin> {
  const { uses, folder } = locatePlugin(name, terminal.cwd);
  const resolved = await openPlugins(terminal, []).resolve(uses, folder);
  if ('error' in resolved) throw new WaterflowFailure(resolved.error);
  requireCurrentBuild(resolved.plugin);
  return { plugin: resolved.plugin, uses, folder };
}

/** Runs cases one after the other, each with an agent of its own, until the signal is aborted; tells of each when it is over. */
export async function runCases(
  terminal: Terminal,
  { tried, supervisor, settings, signal }: CaseRun,
  { cases, over }: { readonly cases: readonly PluginCase[]; readonly over: (ran: RanCase) => void },
): Promise<readonly RanCase[]> {
  const operator = openPolicy(terminal, settings.policy);
  const recorded = recordedPolicy(operator, tried.plugin);
  const ran: RanCase[] = [];
  for (const one of cases) {
    if (signal.aborted) break;
    const isReal = one.host === 'real';
    const given = isReal ? { ...one, secrets: { ...one.secrets, ...settings.secrets } } : one;
    const powers = casePowers(terminal, { tried, supervisor, settings, signal }, isReal ? operator : recorded);
    const done = { one, result: isReal && !settings.real ? undefined : await runCase(given, powers) };
    if (!signal.aborted) over(done);
    ran.push(done);
  }
  return ran;
}

/** What all cases of a command share. */
export interface CaseRun {
  readonly tried: TriedPlugin;
  readonly supervisor: Supervisor;
  readonly settings: CaseSettings;
  readonly signal: AbortSignal;
}

function casePowers(terminal: Terminal, { tried, supervisor, settings, signal }: CaseRun, policy: Policy): CasePowers {
  return {
    uses: tried.uses,
    runAt: (time) => createRunIds({ now: () => time, randomBytes: (length) => new Uint8Array(length) })(),
    now: terminal.now,
    signal,
    open: async (one, performCall) => {
      const state = mkdtempSync(join(tmpdir(), 'waterflow-case-')) as AbsolutePath; // tmpdir() is absolute.
      const executor = openExecutor(terminal, {
        state,
        runFolder: join(state, 'run'),
        policy,
        plugins: pluginsFor(terminal, tried, one),
        workflowFolder: tried.folder,
        secretsNow: () => one.secrets,
        performCall,
        ...(one.host === 'real'
          ? { privatePlaces: settings.privatePlaces }
          : { ...placesOfRecord(one), sleeps: 'skipped' as const }),
        supervisor,
      });
      return {
        executor,
        async [Symbol.asyncDispose]() {
          await executor[Symbol.asyncDispose]();
          rmSync(state, { recursive: true, force: true });
        },
      };
    },
  };
}

/**
 * Private addresses of calls that the record answers: nothing is connected to there, and what a plugin asks for isn't to depend on where
 * its author's server stood when the case was recorded.
 */
function placesOfRecord({ hostCalls }: PluginCase): { readonly privatePlaces?: readonly string[] } {
  const places = hostCalls.flat().flatMap(({ call: { capability, args } }) => {
    const url = capability === 'net' && isJsonObject(args) ? args['url'] : undefined;
    const read = typeof url === 'string' ? readUrl(url) : { problem: '' };
    return 'url' in read ? [placeOf(read.url)] : [];
  });
  return places.length === 0 ? {} : { privatePlaces: places };
}

/** That a case may make real calls is the approval of what the plugin requests: of these very bytes. */
function pluginsFor(terminal: Terminal, { plugin }: TriedPlugin, one: PluginCase): PluginCatalogue {
  return openPlugins(terminal, one.host === 'real' ? [plugin.identity.digest] : []);
}

/**
 * What is requested is allowed where a record answers, since nothing reaches the world: written out, so that private addresses are, too. The
 * sandbox is no weaker than the operator's policy wants, and time and chance come out the same each time.
 */
function recordedPolicy(operator: Policy, { manifest }: LoadedPlugin): Policy {
  const text = JSON.stringify({
    version: 1,
    require: { confinement: requiredConfinement(operator.content) },
    rules: [{ plugin: '*', allow: manifest.permissions ?? 'requested', deterministic: true }],
  });
  // JSON is YAML.
  const read = readPolicy(text, 'of recorded cases');
  if ('errors' in read) throw new TypeError(read.errors.map(({ message }) => message).join('; '));
  return read.policy;
}
