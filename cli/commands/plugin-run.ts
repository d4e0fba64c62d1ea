import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ExecutionIo } from '../../agent/executor/index.ts';
import { checkInputs, type PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import type { Supervisor } from '../../runtime/supervisor/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { AbsolutePath, Json, JsonObject, PermissionLayer, StepResult } from '../../schemas/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { createRunIds } from '../../storage/index.ts';
import { usageError } from '../command.ts';
import { openAgent } from '../composition/agent.ts';
import { openPlugins } from '../composition/plugins.ts';
import { exitCodes } from '../exit-codes.ts';
import { requireCurrentBuild } from '../plugin-build/build-plugin.ts';
import { tellPrivatePlaces } from '../plugin-commands/private-places.ts';
import { renderError } from '../report/error.ts';
import { createStyle } from '../report/style.ts';
import { formatDuration, LineBuffer, plainJson, plainLine, plainLogLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { grantedLayer } from './granted.ts';
import { inputsWithSecrets, secretsRead } from './input-secrets.ts';
import { locatePlugin } from './locate-plugin.ts';
import { parsePairs, parseSecrets } from './pairs.ts';
import { singleStep } from './single-step.ts';

/** `waterflow plugin run`'s options. */
export interface PluginRunOptions {
  readonly input: readonly string[];
  readonly secret: readonly string[];
  readonly policy?: string;
  readonly approve: readonly string[];
  /** What of that it may have; all of it where nothing is said. */
  readonly grant: readonly string[];
  /** `host:port` each, for this command alone. */
  readonly allowPrivate: readonly string[];
  readonly json?: boolean;
}

/** What one command that runs a plugin again and again keeps from one time to the next. */
export interface SharedParts {
  readonly supervisor: Supervisor;
  /** Aborted where the run must end. */
  readonly signal: AbortSignal;
}

/** Runs one plugin as the single step of a job, in an empty workspace that is removed at the end. */
export async function runPlugin(
  terminal: Terminal,
  plugin: string,
  options: PluginRunOptions,
  shared?: SharedParts,
): Promise<number> {
  const state = mkdtempSync(join(tmpdir(), 'waterflow-plugin-')) as AbsolutePath; // tmpdir() is absolute.
  try {
    return await runIn({ state, shared }, terminal, plugin, options);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

async function runIn(
  { state, shared }: { readonly state: AbsolutePath; readonly shared: SharedParts | undefined },
  terminal: Terminal,
  plugin: string,
  options: PluginRunOptions,
): Promise<number> {
  const { uses, folder } = locatePlugin(plugin, terminal.cwd);
  const { inputs, identity, origin, plugins, permissions } = await granted(terminal, { uses, folder }, options);
  const run = createRunIds({ now: terminal.now, randomBytes })();
  const secrets = parseSecrets(options.secret, terminal.env);
  const given = inputsWithSecrets(inputs, secrets);
  const parts = {
    state,
    runFolder: join(state, run),
    policy: options.policy,
    plugins,
    workflowFolder: folder,
    secretsNow: () => secrets,
    privatePlaces: options.allowPrivate,
  };
  tellPrivatePlaces(terminal, options.allowPrivate);
  await using agent = await openAgent(terminal, parts, shared?.supervisor);
  const claim = await agent.executor.claim({ run, job: 'plugin', job_attempt: 1 });
  const cancel = new AbortController();
  const stop = terminal.onInterrupt(() => cancel.abort('cancelled'));
  const startedAt = terminal.now();
  const show = createShow(terminal, options);
  if (!options.json)
    terminal.stdout.write(`${plainLine(`${identity.name} ${identity.version} (${origin}) ${identity.digest}`)}\n`);
  const task = singleStep(run, { workflow: 'plugin run', uses, inputs: given, permissions });
  const signal = shared === undefined ? cancel.signal : AbortSignal.any([cancel.signal, shared.signal]);
  const result = await agent.executor.execute(task, { claim, ...show.io, signal });
  stop();
  show.end(result, terminal.now() - startedAt);
  await agent.executor.release(claim).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    terminal.stderr.write(`${plainLine(`warning: not all of its workspace could be removed: ${reason}`)}\n`);
  });
  if (result.outcome === 'cancelled') return exitCodes.interrupted;
  return result.outcome === 'success' ? exitCodes.ok : exitCodes.failed;
}

/** The plugin, and who lets it do what: what is granted here is approved, of these very bytes, and nothing else of it. */
async function granted(
  terminal: Terminal,
  { uses, folder }: { readonly uses: string; readonly folder: AbsolutePath },
  { approve: words, grant, input }: PluginRunOptions,
): Promise<
  LoadedPlugin & {
    readonly inputs: JsonObject;
    readonly plugins: PluginCatalogue;
    readonly permissions: readonly PermissionLayer[];
  }
> {
  const approve = approvalsOf(words, { uses, folder }, terminal.cwd);
  const plugins = openPlugins(terminal, approve);
  const resolved = await plugins.resolve(uses, folder);
  if ('error' in resolved) throw new WaterflowFailure(resolved.error);
  if (words.length > 0 && resolved.plugin.origin === 'local') {
    throw usageError(
      `--approve ${words.join(' ')}: that is another plugin than ${uses}`,
      `Approve the one that is run: --approve ${uses.startsWith('./') ? join(folder, uses) : uses}.`,
    );
  }
  requireCurrentBuild(resolved.plugin);
  const inputs = typedInputs(resolved.plugin.manifest, parsePairs('--input', input));
  const whole = requireInputs(resolved.plugin.manifest, inputs);
  if (grant.length === 0) return { ...resolved.plugin, inputs, plugins, permissions: [] };
  const permissions = [grantedLayer(grant, resolved.plugin.manifest, whole)];
  return {
    ...resolved.plugin,
    inputs,
    plugins: openPlugins(terminal, [...approve, resolved.plugin.identity.digest]),
    permissions,
  };
}

/** A folder may be named in each way in which the command names its plugin: `mine` as well as `./mine`. */
function approvalsOf(
  words: readonly string[],
  { uses, folder }: { readonly uses: string; readonly folder: AbsolutePath },
  cwd: string,
): readonly string[] {
  const own = join(folder, uses);
  return words.map((word) => (uses.startsWith('./') && resolve(cwd, word) === own ? own : word));
}

/** A command line has only text; an input that isn't declared as text is read as JSON. */
function typedInputs(manifest: PluginManifest, given: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(
    Object.entries(given).map(([name, text]): [string, Json] => {
      const type = manifest.inputs?.[name]?.['type'];
      if (type === undefined || type === 'string' || (Array.isArray(type) && type.includes('string')))
        return [name, text];
      try {
        return [name, JSON.parse(text) as Json]; // JSON.parse gives nothing but JSON.
      } catch {
        throw usageError(
          `--input ${name}: ${JSON.stringify(text)} is not JSON`,
          `Write a value of the input's type, ${JSON.stringify(type)}.`,
        );
      }
    }),
  );
}

/** The inputs with their defaults. Throws what the agent would refuse, in the command line's own words, before anything is started. */
function requireInputs(manifest: PluginManifest, inputs: JsonObject): JsonObject {
  const checked = checkInputs(manifest, inputs, { mentioned: secretsRead });
  if (!('error' in checked)) return checked.inputs;
  const names = Object.entries(manifest.inputs ?? {}).map(([name, { required }]) =>
    required === true ? `${name} (required)` : name,
  );
  throw usageError(
    checked.error.message,
    `${checked.error.remedy.startsWith('Did you mean') ? `${checked.error.remedy} ` : ''}Give each as --input NAME=VALUE; ${manifest.name} has ${names.join(', ') || 'none'}.`,
  );
}

function createShow(
  terminal: Terminal,
  options: PluginRunOptions,
): {
  readonly io: Pick<ExecutionIo, 'log' | 'onHostCall'>;
  readonly end: (result: StepResult, durationMs: number) => void;
} {
  const emit = (event: object): void => terminal.stdout.write(`${plainJson(event)}\n`);
  const lines = new LineBuffer();
  const print = (text: string): void => terminal.stdout.write(`${plainLine(text)}\n`);
  const printLog = (line: string): void => terminal.stdout.write(`${plainLogLine(line)}\n`);
  return {
    io: {
      log: (stream, text) => (options.json ? emit({ type: 'log', stream, text }) : lines.push(text).forEach(printLog)),
      onHostCall: (event) => {
        if (options.json) emit({ type: 'host_call', ...event });
        else
          print(
            `  ${event.decision}: ${event.capability}.${event.operation} ${event.subject}${event.rule ? ` (${event.rule})` : ''}`,
          );
      },
    },
    end: (result, durationMs) => {
      if (options.json) return emit({ type: 'result', duration_ms: durationMs, ...result });
      lines.flush().forEach(printLog);
      const { allowed, denied } = result.host_calls;
      terminal.stdout.write(
        `\n${result.outcome} in ${formatDuration(durationMs)}, host calls ${allowed} allowed, ${denied} denied\n`,
      );
      if (result.outcome === 'success') terminal.stdout.write(`${plainJson(result.outputs, 2)}\n`);
      else
        terminal.stderr.write(
          `${renderError(result.error, createStyle({ colours: terminal.stderr.colours })).join('\n')}\n`,
        );
    },
  };
}
