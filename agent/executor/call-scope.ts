import { join, relative } from 'node:path';
import type { CallScope, Inherited, SecretVault } from '../../runtime/capabilities/capability.ts';
import { createDeterminism, type Determinism, startOfRun } from '../../runtime/capabilities/determinism.ts';
import { openArchiveStore } from '../../runtime/capabilities/store/archives.ts';
import { openBucketArchives, spoolBeside } from '../../runtime/capabilities/store/bucket-archives.ts';
import { openKeyValueStore } from '../../runtime/capabilities/store/key-value-store.ts';
import { storeOwnerOf } from '../../runtime/capabilities/store/scope.ts';
import type { Grant } from '../../runtime/grants/index.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import type { AbsolutePath, StepTask } from '../../schemas/index.ts';
import type { Scratch, Workspace } from '../workspace/index.ts';
import type { ExecutorOptions } from './options.ts';
import type { RunResources } from './run-resources.ts';

/** What the calls of a step may do, beside what its task says. */
export interface ScopeParts {
  readonly step: {
    readonly plugin: LoadedPlugin;
    readonly env: Readonly<Record<string, string>>;
    readonly inherited: Inherited;
    readonly vault: SecretVault;
  };
  readonly options: ExecutorOptions;
  readonly resources: RunResources;
  readonly workspace: Workspace;
  readonly scratch: Scratch;
  readonly log: CallScope['log'];
  readonly carrier: CallScope['carrier'];
  readonly stopping: AbortSignal;
  readonly kill: AbortSignal;
  readonly determinism: Determinism | undefined;
}

/** The powers of each call of one step: what all of them share, and what is the call's own. */
export function scopeOf(task: StepTask, own: ScopeParts): (call: Pick<CallScope, 'audit' | 'signal'>) => CallScope {
  const { options } = own;
  const usage = new Map<string, number>();
  const owner = { tenant: task.tenant, plugin: storeOwnerOf(own.step.plugin) };
  const store = openKeyValueStore(options.store, owner, { clock: options.clock });
  const archives =
    options.archiveBucket === undefined
      ? openArchiveStore(options.store.archives, owner, { clock: options.clock })
      : openBucketArchives(options.archiveBucket, owner, {
          clock: options.clock,
          spool: spoolBeside(options.store.archives),
          signal: own.stopping,
        });
  const workflowStep = {
    run: task.run,
    run_attempt: task.run_attempt,
    job: task.job,
    step: task.step,
    attempt: task.attempt,
    workflow: task.workflow,
  };
  return (call) => ({
    ...call,
    ...endingsOf(call, own),
    workspace: own.workspace.workspace,
    temp: () => own.scratch.path(),
    ...(options.cancelGraceMs === undefined ? {} : { cancel_grace_ms: options.cancelGraceMs }),
    env: own.step.env,
    inherited: own.step.inherited,
    carrier: own.carrier,
    step: workflowStep,
    owner: { tenant: task.tenant, run: task.run, plugin: own.step.plugin.identity },
    atRunEnd: own.resources.atRunEnd,
    log: own.log,
    secrets: own.step.vault,
    clock: options.clock,
    random: options.random,
    deterministic: own.determinism,
    sandbox: options.sandbox,
    ...daemonPathOf(options),
    store,
    archives,
    usage,
  });
}

function daemonPathOf({ state, dockerHostPath }: ExecutorOptions): Pick<CallScope, 'daemonPath'> {
  if (dockerHostPath === undefined) return {};
  // join() of an absolute path is one.
  return { daemonPath: (own) => join(dockerHostPath, relative(state, own)) as AbsolutePath };
}

/**
 * A call that the plugin makes while it is being cancelled finds out: host.signal, and what would take long. Its own signal, by which the
 * supervisor tells the calls before it of the cancellation, is aborted then when the plugin is gone: by itself, killed or at the end of its
 * grace. From there on nothing goes on.
 */
function endingsOf(
  call: Pick<CallScope, 'signal'>,
  { stopping, kill }: Pick<ScopeParts, 'stopping' | 'kill'>,
): { readonly signal: AbortSignal; readonly kill: AbortSignal } {
  if (!stopping.aborted) return { signal: call.signal, kill };
  return { signal: stopping, kill: AbortSignal.any([kill, call.signal]) };
}

/** Time and chance that a retry and a rerun see again, where the policy says so. */
export function determinismOf(
  task: StepTask,
  { grant, plugin }: { readonly grant: Grant; readonly plugin: LoadedPlugin },
): Determinism | undefined {
  if (!grant.deterministic) {
    return undefined;
  }
  const { tenant, workflow, job, step } = task;
  return createDeterminism(startOfRun(task.run), { tenant, workflow, job, step, digest: plugin.identity.digest });
}
