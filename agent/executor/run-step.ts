import type { Inherited } from '../../runtime/capabilities/capability.ts';
import { createCarrier } from '../../runtime/capabilities/env/carrier.ts';
import { createSecretVault, type FillableVault } from '../../runtime/capabilities/secret-vault.ts';
import { computeGrant, type Grant, perform } from '../../runtime/grants/index.ts';
import { checkInputs, checkOutputs } from '../../runtime/manifest/index.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import { quotasOf } from '../../runtime/policy/index.ts';
import type { InvocationOutcome } from '../../runtime/supervisor/api.ts';
import type { JsonObject, StepResult, StepTask, WaterflowError } from '../../schemas/index.ts';
import type { Meter } from '../quotas/index.ts';
import type { Workspace, Workspaces } from '../workspace/index.ts';
import type { ExecutionIo } from './api.ts';
import { determinismOf, scopeOf } from './call-scope.ts';
import { maskedForLaterSteps } from './carried-secrets.ts';
import type { EvaluationPowers } from './evaluation.ts';
import { followSignals } from './follow-signals.ts';
import { hashFiles } from './hash-files.ts';
import { createHostCalls } from './host-calls.ts';
import { recordInvocation } from './invocation-record.ts';
import { type ExecutorOptions, invocationBounds } from './options.ts';
import {
  cancelledResult,
  type EndedStep,
  failureResult,
  nothingCalled,
  placedAt,
  resultOf,
  timeoutResult,
} from './result.ts';
import type { RunResources } from './run-resources.ts';
import { evaluateStep } from './step-environment.ts';
import { createStepLog } from './step-log.ts';
import { type FilledSecrets, fillSecrets, type VisibleSecrets, visibleSecrets } from './step-secrets.ts';

/** What a step runs with, beside the task. */
export interface StepPowers {
  readonly options: ExecutorOptions;
  readonly resources: RunResources;
  readonly workspaces: Workspaces;
  readonly workspace: Workspace;
  readonly io: ExecutionIo;
  /** Aborted where the step must end at once. */
  readonly kill: AbortSignal;
}

/** A step that is ready to run: everything about it was evaluated, checked and granted. */
interface PreparedStep {
  readonly plugin: LoadedPlugin;
  readonly inputs: JsonObject;
  readonly env: Readonly<Record<string, string>>;
  readonly inherited: Inherited;
  readonly grant: Grant;
  readonly vault: FillableVault;
  readonly visible: VisibleSecrets;
}

/** A step whose turn has come. */
interface ReadyStep extends PreparedStep {
  readonly meter: Meter;
  readonly filled: FilledSecrets;
  /** Told what the step waits for. */
  readonly waiting: (what: string) => void;
}

/** One attempt of one step, from its task to its result. Errors of the input say where the step stands in the file. */
export async function runStep(task: StepTask, powers: StepPowers): Promise<StepResult> {
  const prepared = await prepare(task, powers);
  if ('error' in prepared) {
    return failureResult(placedAt(task.at, prepared.error), { host_calls: nothingCalled, ...prepared.identity });
  }
  if (powers.io.signal.aborted) {
    return stoppedResult(powers.io.signal, { host_calls: nothingCalled, plugin: prepared.ok.plugin.identity });
  }
  const { plugin, grant } = prepared.ok;
  const { options, resources, io } = powers;
  resources.atRunEnd('quotas', async () => options.quotas.endRun(task.run));
  // A step that seems to hang says why, once for each reason.
  const waiting = oncePerText((what: string) => io.log('log', `${resources.redactor.text(what)}\n`));
  const turn = await takeTurn(io.signal, () =>
    options.quotas.enter(
      {
        owner: { tenant: task.tenant, run: task.run },
        digest: plugin.identity.digest,
        bounds: grant.bounds,
        quotas: quotasOf(options.policy),
      },
      io.signal,
      waiting,
    ),
  );
  if (turn === undefined) {
    return stoppedResult(io.signal, { host_calls: nothingCalled, plugin: plugin.identity });
  }
  try {
    const { vault, visible, inputs, env } = prepared.ok;
    const { provided } = options;
    const texts = [inputs, env];
    const filled = await fillSecrets({ grant, vault, texts, visible, provided, resources, signal: io.signal });
    if ('ok' in filled) {
      const ready = { ...prepared.ok, meter: turn, waiting, filled: filled.ok };
      return await invoke(task, ready, { ...powers, resources: filled.ok.resources });
    }
    const ended = { host_calls: nothingCalled, plugin: plugin.identity };
    return 'error' in filled ? failureResult({ ...task.at, ...filled.error }, ended) : stoppedResult(io.signal, ended);
  } finally {
    turn.leave();
  }
}

function oncePerText(tell: (what: string) => void): (what: string) => void {
  const told = new Set<string>();
  return (what) => {
    if (told.has(what)) {
      return;
    }
    told.add(what);
    tell(what);
  };
}

/** Undefined where the step was stopped while it waited. */
async function takeTurn(signal: AbortSignal, wait: () => Promise<Meter>): Promise<Meter | undefined> {
  try {
    return await wait();
  } catch (error) {
    if (signal.aborted) {
      return undefined;
    }
    throw error;
  }
}

type Preparation =
  | { readonly ok: PreparedStep }
  | { readonly error: WaterflowError; readonly identity?: { readonly plugin: LoadedPlugin['identity'] } };

async function prepare(task: StepTask, { options, resources, io }: StepPowers): Promise<Preparation> {
  const resolved = await options.resolvePlugin({
    uses: task.uses,
    ...(task.digest === undefined ? {} : { digest: task.digest }),
  });
  if ('error' in resolved) {
    return resolved;
  }
  const { plugin } = resolved;
  const identity = { plugin: plugin.identity };
  const visible = visibleSecrets(task, resources.secrets, options.provided?.names ?? []);
  const later = Object.keys(visible.provided);
  const vault = createSecretVault({ secrets: visible.given, later, random: options.random });
  const secretNames = [...Object.keys(visible.given), ...later];
  const values = await evaluateStep(task, io.claim.runner, evaluationPowers(vault, secretNames, io));
  if ('error' in values) {
    return { ...values, identity };
  }
  const checked = checkInputs(plugin.manifest, values.ok.inputs, vault);
  if ('error' in checked) {
    return { ...checked, identity };
  }
  const granted = computeGrant({
    plugin,
    policy: options.policy,
    layers: task.permissions,
    inputs: checked.inputs,
    secrets: vault,
    subject: {
      tenant: task.tenant,
      workflow: task.workflow,
      job: task.job,
      step: task.step,
      ...(task.queue === undefined ? {} : { queue: task.queue }),
      at: options.clock.now(),
    },
    ...(options.privatePlaces === undefined ? {} : { private_places: options.privatePlaces }),
  });
  if ('error' in granted) {
    return { ...granted, identity };
  }
  const env = { ...options.environment, ...values.ok.env };
  const { inherited } = values.ok;
  return { ok: { plugin, inputs: checked.inputs, env, inherited, grant: granted.grant, vault, visible } };
}

/** What evaluating on this agent may use: the invocation's placeholders and the files of the workspace. */
export function evaluationPowers(
  vault: FillableVault,
  names: readonly string[],
  io: Pick<ExecutionIo, 'claim' | 'signal'>,
): EvaluationPowers {
  return {
    secretNames: names,
    // Names of contexts' properties ignore case; secrets are no exception.
    placeholder: (name) =>
      vault.placeholder(names.find((known) => known === name || known.toLowerCase() === name.toLowerCase()) ?? name),
    hashFiles: (patterns) => hashFiles(io.claim.workspace, patterns, io.signal),
  };
}

async function invoke(task: StepTask, step: ReadyStep, powers: StepPowers): Promise<StepResult> {
  const { options, resources, workspaces, workspace, io, kill } = powers;
  const { redactor } = resources;
  const secrets = { ...step.visible.given, ...step.filled.values };
  const timeout_ms = timeoutOf(task, step.grant);
  const { memory_bytes } = step.grant.limits;
  const record = recordInvocation(task, {
    audit: resources.audit,
    clock: options.clock,
    grant: step.grant,
    level: options.supervisor.level,
    limits: { timeout_ms, memory_bytes },
    secrets: Object.keys(secrets),
    provided: step.filled.record,
  });
  const scratch = workspaces.scratch(workspace);
  // A cancellation reaches the calls that are being carried out, too: programs are asked to end.
  using stopping = followSignals([io.signal]);
  let broken: WaterflowError | undefined;
  const stop = (error: WaterflowError): void => {
    broken ??= error;
    stopping.abort(stepIsOver);
  };
  const determinism = determinismOf(task, step);
  // What goes beyond the policy's limits gets no time to clean up.
  using killing = followSignals([kill]);
  const { meter } = step;
  const exceeded = (error: WaterflowError): void => {
    broken ??= error;
    killing.abort(stepIsOver);
  };
  const log = createStepLog({
    redactor,
    give: io.log,
    exceeded: () => stop(logExceeded),
    lines: (count) => {
      const error = meter.spend('log-lines', count);
      if (error !== undefined) {
        exceeded(error);
      }
    },
  });
  const carrier = createCarrier();
  const calls = createHostCalls({
    mostCalls: invocationBounds.host_calls,
    grant: step.grant,
    audit: resources.audit,
    redactor,
    clock: options.clock,
    scopeFor: scopeOf(task, {
      step,
      options,
      resources,
      workspace,
      scratch,
      log: log.write,
      carrier,
      stopping: stopping.signal,
      kill: killing.signal,
      determinism,
    }),
    perform: options.performCall ?? perform,
    subject: record.subject,
    invocation: record.sequence,
    onHostCall: io.onHostCall,
    broken: stop,
    meter,
    exceeded,
    waiting: step.waiting,
  });
  let outcome: InvocationOutcome | { readonly kind: 'failed' } = { kind: 'failed' };
  try {
    const given = await options.supervisor.invoke({
      plugin: step.plugin,
      owner: { tenant: task.tenant, run: task.run },
      inputs: step.inputs,
      limits: {
        timeout_ms,
        memory_bytes,
        ...invocationBounds,
        ...(options.cancelGraceMs === undefined ? {} : { cancel_grace_ms: options.cancelGraceMs }),
      },
      required_level: step.grant.required_level,
      deterministic: determinism === undefined ? undefined : { ...determinism.guest, sleeps: options.sleeps },
      host: calls.handle,
      signal: stopping.signal,
      kill: killing.signal,
      ...(meter.isBounded('cpu') ? { onCpu: (used) => meter.spend('cpu', used) } : {}),
    });
    outcome = given;
    stopping.abort(stepIsOver);
    await calls.settled();
    log.end();
    const ended: EndedStep = { host_calls: calls.counts(), plugin: step.plugin.identity };
    if (broken !== undefined) {
      return failureResult(broken, ended);
    }
    if (io.signal.aborted && given.kind !== 'returned') {
      return stoppedResult(io.signal, ended);
    }
    return resultOf(given, ended, {
      redactor,
      secrets: {
        values: resources.values,
        redactor,
        givenToPrograms: () => valuesOf(calls.programSecrets(), secrets),
      },
      checkOutputs: (outputs) => checkOutputs(step.plugin.manifest, outputs),
      placeholders: (text) => step.vault.mentioned(text).flatMap((name) => step.vault.placeholder(name) ?? []),
      carried: carrier.carried(),
      masked: (names) => io.log('log', redactor.text(maskedForLaterSteps(names))),
    });
  } finally {
    stopping.abort(stepIsOver);
    await calls.settled();
    record.ended(broken === undefined ? outcome : { kind: 'failed', error: broken }, calls);
    // What stays is removed with the workspace, and told of there.
    await scratch.remove().catch(() => {});
  }
}

function valuesOf(names: readonly string[], secrets: Readonly<Record<string, string>>): readonly string[] {
  return names.map((name) => secrets[name]).filter((value) => value !== undefined);
}

/** The step's own limit, or the shorter of the manifest's and the job's rest; never over the policy's cap. */
function timeoutOf(task: StepTask, grant: Grant): number {
  const { ms, own } = task.timeout;
  const { timeout_ms, timeout_cap_ms } = grant.limits;
  return Math.max(1, Math.min(own ? ms : Math.min(ms, timeout_ms), timeout_cap_ms ?? Number.POSITIVE_INFINITY));
}

/** The engine says why it stopped the step: its time was over, or somebody cancelled. */
function stoppedResult(signal: AbortSignal, ended: EndedStep): StepResult {
  return signal.reason === 'timeout' ? timeoutResult(ended) : cancelledResult(ended);
}

const logExceeded: WaterflowError = {
  code: 'LIMIT_EXCEEDED',
  message: 'the step wrote more log than it may (64 MiB)',
  remedy: 'Write large output to a file of the workspace, or discard it.',
};

/** Made once: an AbortController's own error takes as long to make as a host call. */
const stepIsOver = new Error('the step is over');
