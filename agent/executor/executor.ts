import { createSecretVault } from '../../runtime/capabilities/secret-vault.ts';
import {
  type Claim,
  type EvaluationResult,
  type EvaluationTask,
  outOfRoom,
  type StepResult,
  type StepTask,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import { createSlots, createWorkspaces, type Workspace } from '../workspace/index.ts';
import type { ExecutionIo, Executor } from './api.ts';
import { evaluateOnAgent } from './evaluation.ts';
import { followSignals } from './follow-signals.ts';
import { secretsNamedBy } from './named-secrets.ts';
import type { ExecutorOptions } from './options.ts';
import { failureResult, nothingCalled } from './result.ts';
import { createRunResources } from './run-resources.ts';
import { evaluationPowers, runStep } from './run-step.ts';
import { contextsOf } from './step-environment.ts';
import { visibleSecrets } from './step-secrets.ts';

interface HeldClaim {
  readonly workspace: Workspace;
  readonly free: () => void;
}

/**
 * The executor of one agent. Disposing of it stops every step at once, waits for them, and closes the audit logs;
 * workspaces stay, for a run that is resumed.
 */
export function createExecutor(options: ExecutorOptions): Executor {
  const workspaces = createWorkspaces(options.state);
  const slots = createSlots(options.slots);
  const resources = createRunResources(options);
  const claims = new Map<string, HeldClaim>();
  const disposal = new AbortController();
  const running = new Set<Promise<unknown>>();

  const track = <Result>(work: Promise<Result>): Promise<Result> => {
    running.add(work);
    return work.finally(() => running.delete(work));
  };

  const execute = async (task: StepTask, io: ExecutionIo): Promise<StepResult> => {
    try {
      const claim = claims.get(io.claim.workspace);
      if (claim === undefined) {
        return failureResult({ ...task.at, ...workspaceGone(io.claim) }, { host_calls: nothingCalled });
      }
      const shared = resources.of(task.run);
      if ('error' in shared) {
        return failureResult({ ...task.at, ...shared.error }, { host_calls: nothingCalled });
      }
      const killers = io.kill === undefined ? [disposal.signal] : [disposal.signal, io.kill];
      using stopping = followSignals([io.signal, ...killers]);
      using killing = followSignals(killers);
      return await runStep(task, {
        options,
        workspaces,
        resources: shared.ok,
        workspace: claim.workspace,
        io: { ...io, signal: stopping.signal },
        kill: killing.signal,
      });
    } catch (error) {
      return failureResult(errorOf(error), { host_calls: nothingCalled });
    }
  };

  const evaluate = async (task: EvaluationTask, claim: Claim): Promise<EvaluationResult> => {
    try {
      const shared = resources.of(task.run);
      if ('error' in shared) {
        return shared;
      }
      const { given, provided } = visibleSecrets({}, shared.ok.secrets, options.provided?.names ?? []);
      const later = Object.keys(provided);
      const vault = createSecretVault({ secrets: given, later, random: options.random });
      const names = [...Object.keys(given), ...later];
      const powers = evaluationPowers(vault, names, { claim, signal: disposal.signal });
      const { status } = task;
      return await evaluateOnAgent(task.template, contextsOf(task, claim.runner), { ...powers, status });
    } catch (error) {
      return { error: errorOf(error) };
    }
  };

  /** The claim, if it is held; it isn't any more. */
  const letGo = (claim: Claim): HeldClaim | undefined => {
    const held = claims.get(claim.workspace);
    claims.delete(claim.workspace);
    return held;
  };

  return {
    // Whatever a queue is called, this agent serves it.
    hosts: async () => [options.runner.name],
    claim: async ({ run, host, keep }) => {
      if (host !== undefined && host !== options.runner.name) {
        throw new WaterflowFailure(hostUnknown(host, options.runner.name));
      }
      const free = await slots.take(disposal.signal);
      try {
        const workspace = keep === undefined ? await workspaces.create(run) : await workspaces.reopen(run, keep);
        claims.set(workspace.workspace, { workspace, free });
        const runner = { ...options.runner, temp: workspace.temp, workspace: workspace.workspace };
        return { agent: options.runner.name, workspace: workspace.workspace, runner };
      } catch (error) {
        free();
        throw error;
      }
    },
    release: async (claim) => {
      const held = letGo(claim);
      try {
        const left = held?.workspace ?? workspaces.left(claim.workspace);
        // One of a state folder that was moved since isn't this agent's to remove.
        if (left !== undefined) {
          await workspaces.remove(left);
        }
      } finally {
        held?.free();
      }
    },
    keep: async (claim) => {
      const held = letGo(claim);
      try {
        if (held !== undefined) {
          await workspaces.keep(held.workspace);
        }
      } finally {
        held?.free();
      }
    },
    secretsNamedBy: (task) => secretsNamedBy(task, options.resolvePlugin),
    execute: (task, io) => track(execute(task, io)),
    evaluate: (task, claim) => track(evaluate(task, claim)),
    async [Symbol.asyncDispose]() {
      disposal.abort(new WaterflowFailure(stopped));
      await Promise.allSettled(running);
      await resources[Symbol.asyncDispose]();
    },
  };
}

const stopped: WaterflowError = {
  code: 'CANCELLED',
  message: 'the agent is stopping',
  remedy: 'Resume the run.',
};

function hostUnknown(host: string, known: string): WaterflowError {
  return {
    code: 'QUEUE_TIMEOUT',
    message: `the job is for host ${host}, and this agent is ${known}`,
    remedy: `Run the workflow again on ${host}, or anew: then the job is spread over the hosts that there are.`,
  };
}

function workspaceGone(claim: Claim): WaterflowError {
  return {
    code: 'WORKSPACE_GONE',
    message: `the workspace ${claim.workspace} was released before the step began`,
    remedy: 'Run the job again from its first step: it gets a new, empty workspace.',
  };
}

function errorOf(error: unknown): WaterflowError {
  if (error instanceof WaterflowFailure) {
    return error.error;
  }
  const full = outOfRoom(error);
  if (full !== undefined) return full;
  return {
    code: 'INTERNAL',
    message: `the agent failed: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'This is a fault of Waterflow; report it with this message.',
  };
}
