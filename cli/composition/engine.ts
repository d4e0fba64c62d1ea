import { dirname, resolve } from 'node:path';
import { createQuotas } from '../../agent/quotas/index.ts';
import type { SecretBroker } from '../../agent/secrets/index.ts';
import { createEmbeddedEngine, type OpenedRun, systemClock } from '../../engine/embedded/index.ts';
import type { Engine } from '../../engine/port.ts';
import { defaultConfinement, type Policy, requiredConfinement } from '../../runtime/policy/index.ts';
import type { Supervisor } from '../../runtime/supervisor/index.ts';
import { type AbsolutePath, type Digest, type JsonObject, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { openS3Objects } from '../../storage/blobs/index.ts';
import type { Store } from '../../storage/index.ts';
import type { Terminal } from '../terminal.ts';
import { openExecutor, secureRandom } from './agent.ts';
import { checkpointsPlace } from './audit.ts';
import type { BucketSettings } from './bucket-config.ts';
import { keepVersionsIn } from './plugin-versions.ts';
import { openPlugins } from './plugins.ts';
import { RunVersions } from './run-versions.ts';
import type { SandboxEvents } from './sandbox-events.ts';
import { stateFolder } from './state.ts';
import { openStore } from './store.ts';
import { openSupervisor, requireConfinement } from './supervisor.ts';

/** What the command line says of where and under what a run goes on. */
export interface EngineOptions {
  readonly state?: string;
  readonly policy?: string;
  /** The policy that holds for a run when it is opened, in the place of the file's content. */
  readonly heldPolicy?: () => Policy;
  readonly approve: readonly string[];
  /** `--checkpoints`. */
  readonly checkpoints?: string;
  /** The workflow file, where the run is a new one. */
  readonly workflow?: string;
  /** Whether sandboxes are made ready beside whatever the caller does next. Default: they are. */
  readonly sandboxes?: 'at once' | 'when needed';
  readonly sandboxEvents?: SandboxEvents;
  /** Where plugins' archives lie. Default: in the state folder. */
  readonly archives?: BucketSettings | undefined;
  /** What its agent has of secrets beside those of runs; whoever made it closes it after the engine. */
  readonly secrets?: SecretBroker | undefined;
}

/** The engine for a command that only looks at runs or asks something of them, whoever drives them. */
export function openOperations(terminal: Terminal, state: string | undefined): OpenedEngine {
  return openEngine(terminal, { ...(state === undefined ? {} : { state }), approve: [], sandboxes: 'when needed' });
}

/** The embedded engine with an agent in this process. */
export interface OpenedEngine extends AsyncDisposable {
  readonly engine: Engine;
  /** What a new run keeps, so that it is resumed under the same terms; `approved` are the plugins that someone approved for it. */
  readonly settings: (approved: readonly Digest[]) => JsonObject;
  /** Throws WaterflowFailure CONFINEMENT_UNAVAILABLE where the machine's confinement is below what the policy requires. */
  requireConfinement(policy: Policy): Promise<void>;
  /** The level that this machine gives. */
  confinement(): Promise<number>;
}

/** Puts store, agent and engine together. */
export function openEngine(terminal: Terminal, options: EngineOptions): OpenedEngine {
  const state = stateFolder(terminal, options.state);
  let opening: Promise<Supervisor> | undefined;
  const supervisor = (): Promise<Supervisor> => {
    opening ??= openSupervisor(terminal, options.sandboxEvents);
    // Awaited where it is needed; until then a failure has nobody to tell.
    opening.catch(() => {});
    return opening;
  };
  if (options.sandboxes !== 'when needed') void supervisor();
  const quotas = createQuotas();
  const archives = options.archives === undefined ? undefined : openS3Objects(options.archives);
  const store = openStore(terminal, options.state);
  const versions = new RunVersions(terminal, keepVersionsIn(terminal, state), (run) => isOver(run, { store, engine }));
  let sweep: Promise<void> | undefined;
  const engine = createEmbeddedEngine({
    store,
    openExecutor: async (run) => {
      const { approve, policy, workflowFolder, ...terms } = termsOf(terminal, run, options);
      // What a process that was killed has left.
      sweep ??= versions.sweep();
      const plugins = await versions.take(run, openPlugins(terminal, approve));
      const executor = openExecutor(terminal, {
        state,
        runFolder: run.folder,
        policy,
        plugins,
        workflowFolder,
        secretsNow: run.secretsNow,
        ...(options.secrets === undefined ? {} : { provided: options.secrets.of(run.tenant) }),
        supervisor: await supervisor(),
        ...terms,
        quotas,
        ...(archives === undefined ? {} : { archiveBucket: archives }),
      });
      return {
        ...executor,
        async [Symbol.asyncDispose]() {
          await executor[Symbol.asyncDispose]();
          if (await hasEnded(run.run, engine)) versions.end(run.run);
          else versions.leave(run.run);
        },
      };
    },
    clock: systemClock,
    randomBytes: secureRandom.bytes,
  });
  return {
    engine,
    settings: (approved) => ({
      workflow_folder: dirname(resolve(terminal.cwd, options.workflow ?? '.')),
      approve: [...approved],
      ...(options.policy === undefined ? {} : { policy: resolve(terminal.cwd, options.policy) }),
      ...checkpointsOf(checkpointsPlace(terminal, options.checkpoints)),
    }),
    // What any machine gives isn't waited for here: the executor checks it when the sandboxes are ready.
    requireConfinement: async (policy) => {
      if (requiredConfinement(policy.content) > defaultConfinement) requireConfinement(policy, await supervisor());
    },
    confinement: async () => (await supervisor()).level,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await sweep;
      await archives?.[Symbol.asyncDispose]();
      await (await opening)?.[Symbol.asyncDispose]();
    },
  };
}

/** Whether no process drives a run, and nobody can go on with it. */
async function isOver(
  run: RunId,
  { store, engine }: { readonly store: Store; readonly engine: Engine },
): Promise<boolean> {
  return !store.list().includes(run) || (!store.isOpen(run) && (await hasEnded(run, engine)));
}

/** A run that never began has come to no end; it is begun anew, or removed. */
async function hasEnded(run: RunId, engine: Engine): Promise<boolean> {
  try {
    return (await engine.info(run)).ended_at !== undefined;
  } catch (cause) {
    if (cause instanceof WaterflowFailure && cause.error.code === 'RUN_NOT_FOUND') return false;
    throw cause;
  }
}

interface Terms {
  readonly approve: readonly string[];
  readonly policy: string | Policy | undefined;
  readonly workflowFolder: AbsolutePath;
  readonly checkpoints?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A resumed run goes on under the terms that it was started with; what this command line says comes on top. */
function termsOf(terminal: Terminal, run: OpenedRun, options: EngineOptions): Terms {
  const { approve, policy, workflow_folder: folder, checkpoints, traceparent } = run.settings;
  const kept = Array.isArray(approve) ? approve.filter((word) => typeof word === 'string') : [];
  return {
    // What a new run keeps was found by these very words.
    approve: options.workflow === undefined ? [...kept, ...options.approve] : options.approve,
    policy: options.heldPolicy?.() ?? options.policy ?? (typeof policy === 'string' ? policy : undefined),
    // Written by `settings` above, from resolve().
    workflowFolder: (typeof folder === 'string' ? folder : terminal.cwd) as AbsolutePath,
    ...checkpointsOf(options.checkpoints ?? (typeof checkpoints === 'string' ? checkpoints : undefined)),
    // As OpenTelemetry hands a trace on to processes: https://opentelemetry.io/docs/specs/otel/context/env-carriers/
    ...(typeof traceparent === 'string' ? { environment: { TRACEPARENT: traceparent } } : {}),
  };
}

function checkpointsOf(place: string | undefined): { readonly checkpoints?: string } {
  return place === undefined ? {} : { checkpoints: place };
}
