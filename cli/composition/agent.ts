import { randomBytes } from 'node:crypto';
import { arch, availableParallelism, hostname, platform } from 'node:os';
import { delimiter, isAbsolute } from 'node:path';
import { createExecutor, type Executor, type PerformCall, resolveFrom } from '../../agent/executor/index.ts';
import { createQuotas, type Quotas } from '../../agent/quotas/index.ts';
import { findExecSandbox, thisMachine } from '../../agent/sandbox/index.ts';
import type { ProvidedSecrets } from '../../agent/secrets/index.ts';
import { systemClock } from '../../engine/embedded/api.ts';
import type { ArchiveBucket } from '../../runtime/capabilities/store/bucket.ts';
import { createStoreFile } from '../../runtime/capabilities/store/file.ts';
import type { PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { Policy } from '../../runtime/policy/index.ts';
import { shippedPrograms } from '../../runtime/shipped-programs.ts';
import type { Supervisor } from '../../runtime/supervisor/index.ts';
import type { AbsolutePath, RunnerContext } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { auditOfRun, checkpointsPlace, observedAudit } from './audit.ts';
import { openPolicy } from './policy.ts';
import { storeFile } from './state.ts';
import { openSupervisor, requireConfinement } from './supervisor.ts';

/** What an agent in this process is made of. */
export interface AgentParts {
  /** The folder in which each run has its own. */
  readonly state: AbsolutePath;
  /** The run's own folder, where its audit log goes. */
  readonly runFolder: string;
  /** The file that `--policy` names, where it was given, or a policy that is read already. */
  readonly policy: string | Policy | undefined;
  readonly plugins: Pick<PluginCatalogue, 'resolve'>;
  /** Where `./folder` begins; undefined: nowhere. */
  readonly workflowFolder: AbsolutePath | undefined;
  /** Values of the run's secrets, as far as they are there by now. */
  readonly secretsNow: () => Readonly<Record<string, string>>;
  /** What providers of this agent have beside those. */
  readonly provided?: ProvidedSecrets;
  /** `--checkpoints`, where it was given. */
  readonly checkpoints?: string;
  /** What every step of the run finds in its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Shared by the runs of one process; where there is but one, it may be left out. */
  readonly quotas?: Quotas;
  /** Default: this machine's name, with the label `local`. */
  readonly runner?: ReturnType<typeof thisRunner>;
  /** How long a step that is being cancelled may take to end itself, in ms. */
  readonly cancelGraceMs?: number;
  /** Told of each entry of the run's audit log. */
  readonly onAudited?: () => void;
  /** Jobs at a time. Default: as many as suit this machine. */
  readonly slots?: number;
  /** What carries out calls that are allowed. Default: what their capabilities do. */
  readonly performCall?: PerformCall;
  /** Where `performCall` answers sleeps at once. */
  readonly sleeps?: 'skipped';
  /** `--allow-private` of the commands that try a plugin; no other has it. */
  readonly privatePlaces?: readonly string[];
  /** Where plugins' archives lie. Default: in the state folder. */
  readonly archiveBucket?: ArchiveBucket;
}

/** An executor for a command that needs no engine, over the supervisor that is given, or over an own one. */
export async function openAgent(
  terminal: Terminal,
  parts: AgentParts,
  given?: Supervisor,
): Promise<AsyncDisposable & { readonly executor: Executor }> {
  const supervisor = given ?? (await openSupervisor(terminal));
  const executor = openExecutor(terminal, { ...parts, supervisor });
  return {
    executor,
    async [Symbol.asyncDispose]() {
      await executor[Symbol.asyncDispose]();
      if (given === undefined) await supervisor[Symbol.asyncDispose]();
    },
  };
}

/** What was found for a command: to find out starts a program, and a server opens an executor for each run. */
const sandboxes = new WeakMap<Terminal, ReturnType<typeof findExecSandbox>>();

function sandboxOf(terminal: Terminal): ReturnType<typeof findExecSandbox> {
  const path = [terminal.env['PATH'] ?? '', shippedPrograms ?? ''].join(delimiter);
  const found = sandboxes.get(terminal) ?? findExecSandbox(path, process.getuid?.(), thisMachine);
  sandboxes.set(terminal, found);
  return found;
}

/** The agent's side of one run. */
export function openExecutor(terminal: Terminal, parts: AgentParts & { readonly supervisor: Supervisor }): Executor {
  const policy = typeof parts.policy === 'object' ? parts.policy : openPolicy(terminal, parts.policy);
  requireConfinement(policy, parts.supervisor);
  const audit = auditOfRun({ ...parts, checkpoints: checkpointsPlace(terminal, parts.checkpoints) });
  const store = createStoreFile(storeFile(parts.state));
  const executor = createExecutor({
    state: parts.state,
    supervisor: parts.supervisor,
    quotas: parts.quotas ?? createQuotas(),
    resolvePlugin: resolveFrom(parts.plugins, parts.workflowFolder),
    policy,
    secretsOf: parts.secretsNow,
    ...(parts.provided === undefined ? {} : { provided: parts.provided }),
    openAudit: (_, redact) => observedAudit(audit.open(redact), parts.onAudited ?? (() => {})),
    sandbox: sandboxOf(terminal),
    ...dockerHostPath(terminal),
    store,
    ...(parts.archiveBucket === undefined ? {} : { archiveBucket: parts.archiveBucket }),
    runner: parts.runner ?? thisRunner(),
    ...(parts.environment === undefined ? {} : { environment: parts.environment }),
    ...(parts.cancelGraceMs === undefined ? {} : { cancelGraceMs: parts.cancelGraceMs }),
    ...(parts.performCall === undefined ? {} : { performCall: parts.performCall }),
    ...(parts.sleeps === undefined ? {} : { sleeps: parts.sleeps }),
    ...(parts.privatePlaces === undefined ? {} : { privatePlaces: parts.privatePlaces }),
    slots: parts.slots ?? jobsAtATime(),
    clock: systemClock,
    random: secureRandom,
  });
  return {
    ...executor,
    async [Symbol.asyncDispose]() {
      await executor[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await audit.closeIfLeft();
    },
  };
}

/** The variable by which the environment says it; an agent's configuration does in its place. */
export const dockerHostPathVariable = 'WATERFLOW_DOCKER_WORKSPACE_HOST_PATH';

function dockerHostPath({ env }: Terminal): { readonly dockerHostPath?: AbsolutePath } {
  const path = env[dockerHostPathVariable];
  if (path === undefined || path === '') return {};
  if (!isAbsolute(path)) {
    throw usageError(
      `${dockerHostPathVariable} must be an absolute path`,
      'Write the path that the Docker daemon sees.',
    );
  }
  return { dockerHostPath: path as AbsolutePath }; // As was just found.
}

/** This machine, as the `runner` context has it. */
export function thisRunner(): Pick<RunnerContext, 'os' | 'arch' | 'name' | 'labels'> {
  return {
    os: platform() === 'darwin' ? 'macOS' : 'Linux',
    arch: arch() === 'arm64' ? 'ARM64' : 'X64',
    name: hostname(),
    labels: ['local'],
  };
}

/** Jobs that have a workspace at a time: they wait for programs and servers more than for processors. */
export function jobsAtATime(): number {
  const jobsPerProcessor = 2;
  const least = 4;
  return Math.max(least, jobsPerProcessor * availableParallelism());
}

/** The machine's own randomness. */
export const secureRandom: { readonly bytes: (length: number) => Uint8Array } = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
};
