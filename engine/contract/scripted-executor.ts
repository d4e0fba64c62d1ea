import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClaimRequest, ExecutionIo, Executor } from '../../agent/executor/api.ts';
import { evaluateTemplate } from '../../dsl/expressions/index.ts';
import {
  type AbsolutePath,
  type Carried,
  type Claim,
  type EvaluationResult,
  type EvaluationTask,
  isJsonObject,
  type JsonObject,
  nothingCarried,
  type RetryClass,
  type StepResult,
  type StepTask,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import type { Clock } from '../embedded/api.ts';

/**
 * What `with` tells a step of the scripted executor to do, in this order: say `log`, make the file `write`, wait `takes_ms` or until the file
 * `until` is there (an absolute path), hang until cancelled, fail in its first `fail_times` attempts with `class`, and give `outputs`. `files: true` outputs what lies in the workspace,
 * `environment: true` what earlier steps left; `leaves` is left for later ones, by a step that fails too.
 */
export interface Script {
  readonly log?: string;
  readonly write?: string;
  readonly files?: boolean;
  readonly calls?: number;
  readonly takes_ms?: number;
  readonly until?: string;
  readonly hang?: boolean;
  readonly fail_times?: number;
  readonly class?: RetryClass;
  readonly outputs?: JsonObject;
  readonly environment?: boolean;
  readonly leaves?: { readonly variables?: Carried['variables']; readonly path?: Carried['path'] };
}

/** One execution of one attempt of a step, as it was seen on the agent. */
export interface Execution {
  readonly job: string;
  readonly job_attempt: number;
  readonly step: string;
  readonly attempt: number;
  readonly workspace: string;
  end?: 'success' | 'failure' | 'cancelled';
}

/** What outlives an executor: what it was seen to do. */
export interface ExecutionLog {
  readonly executions: Execution[];
  readonly claims: {
    readonly job: string;
    readonly job_attempt: number;
    readonly host: string | undefined;
    readonly keep: string | undefined;
  }[];
  readonly released: string[];
  readonly kept: string[];
}

/** What a scripted executor works with. */
export interface ScriptedExecutorOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly seen: ExecutionLog;
  /** The hosts of every queue; the first is this one's own. */
  readonly hosts: readonly string[];
}

const noHostCalls = { allowed: 0, denied: 0 };

/** An executor whose steps do what their inputs say, in real workspaces, without a sandbox. For tests of engines. */
export class ScriptedExecutor implements Executor {
  readonly #options: ScriptedExecutorOptions;
  readonly #killed = new AbortController();

  constructor(options: ScriptedExecutorOptions) {
    this.#options = options;
  }

  async hosts(): Promise<readonly string[]> {
    return this.#options.hosts;
  }

  async claim({ job, job_attempt, host, keep }: ClaimRequest): Promise<Claim> {
    this.#refuseIfKilled();
    const { seen, hosts, folder } = this.#options;
    seen.claims.push({ job, job_attempt, host, keep });
    const workspace = keep ?? this.#newWorkspace();
    if (!existsSync(workspace)) throw new WaterflowFailure(workspaceGone(workspace));
    const temp = join(folder, 'temp');
    // A workspace is taken over on the host on which it lies.
    const name = host ?? seen.claims.find((claim) => claim.job === job)?.host ?? hosts[0] ?? 'scripted';
    return { agent: name, workspace, runner: { os: 'Linux', arch: 'X64', name, labels: [], temp, workspace } };
  }

  async release(claim: Claim): Promise<void> {
    rmSync(claim.workspace, { recursive: true, force: true });
    this.#options.seen.released.push(claim.workspace);
  }

  async keep(claim: Claim): Promise<void> {
    this.#options.seen.kept.push(claim.workspace);
  }

  /** `asks` of its inputs says what the step's plugin would ask for. */
  async secretsNamedBy({ with: inputs }: StepTask): Promise<readonly string[]> {
    const evaluated = evaluateTemplate(inputs, { contexts: {} });
    const asks = 'ok' in evaluated && isJsonObject(evaluated.ok) ? evaluated.ok['asks'] : undefined;
    return typeof asks === 'string' ? [asks] : [];
  }

  async execute(task: StepTask, io: ExecutionIo): Promise<StepResult> {
    const { job, job_attempt, step, attempt } = task;
    const execution: Execution = { job, job_attempt, step, attempt, workspace: io.claim.workspace };
    this.#options.seen.executions.push(execution);
    const result = await this.#perform(task, io);
    execution.end = result.outcome;
    return result;
  }

  async evaluate(task: EvaluationTask, claim: Claim): Promise<EvaluationResult> {
    const hashFiles = (patterns: readonly string[]): string =>
      patterns.filter((name) => existsSync(join(claim.workspace, name))).join(',');
    const evaluated = evaluateTemplate(task.template, {
      contexts: task.context,
      hashFiles,
      ...(task.status === undefined ? {} : { status: task.status }),
    });
    return 'ok' in evaluated ? { ok: evaluated.ok } : evaluated;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#killed.abort();
  }

  async #perform(task: StepTask, io: ExecutionIo): Promise<StepResult> {
    const script = scriptOf(task, io.claim);
    if (script.log !== undefined) io.log('stdout', script.log);
    const files = readdirSync(io.claim.workspace);
    if (script.write !== undefined) writeFileSync(join(io.claim.workspace, script.write), '');
    const host_calls = this.#call(script.calls ?? 0, io);
    const interrupted = await this.#wait(script, { task, signal: io.signal });
    if (interrupted !== undefined) return { ...interrupted, host_calls };
    if (task.attempt <= (script.fail_times ?? 0)) {
      const error = stepFailed(`attempt ${task.attempt} fails`);
      return {
        outcome: 'failure',
        class: script.class ?? 'failure',
        error,
        outputs: {},
        ...leftBy(script),
        host_calls,
      };
    }
    const outputs: JsonObject = {
      ...script.outputs,
      ...(script.files === true ? { files } : {}),
      ...(script.environment === true ? { environment: { ...(task.carried ?? nothingCarried) } } : {}),
    };
    return { outcome: 'success', outputs, ...leftBy(script), host_calls };
  }

  #call(times: number, io: ExecutionIo) {
    for (let call = 1; call <= times; call += 1) {
      const decision = call === times ? 'denied' : 'allowed';
      io.onHostCall({ capability: 'net', operation: 'request', decision, subject: `GET https://example.com/${call}` });
    }
    return times === 0 ? noHostCalls : { allowed: times - 1, denied: 1 };
  }

  /** Undefined where the wait came to its end; else how it was cut short. */
  async #wait(script: Script, { task, signal }: { readonly task: StepTask; readonly signal: AbortSignal }) {
    const { takes_ms, until, hang } = script;
    if (takes_ms === undefined && until === undefined && hang !== true) return undefined;
    const { promise, resolve } = Promise.withResolvers<'done' | 'timeout' | 'cancelled'>();
    const stop = (): void => resolve(signal.reason === 'timeout' ? 'timeout' : 'cancelled');
    const { clock } = this.#options;
    const timers = [clock.after(task.timeout.ms, () => resolve('timeout'))];
    if (until !== undefined) timers.push(whenThere(until, () => resolve('done')));
    else if (hang !== true) timers.push(clock.after(takes_ms ?? 0, () => resolve('done')));
    for (const source of [signal, this.#killed.signal]) {
      if (source.aborted) stop();
      source.addEventListener('abort', stop, { once: true });
    }
    const end = await promise;
    for (const withdraw of timers) withdraw();
    return end === 'done' ? undefined : interruption(end);
  }

  #newWorkspace(): AbsolutePath {
    for (let number = 1; ; number += 1) {
      // The folder of a run is absolute.
      const folder = join(this.#options.folder, 'work', String(number)) as AbsolutePath;
      if (existsSync(folder)) continue;
      mkdirSync(folder, { recursive: true });
      return folder;
    }
  }

  #refuseIfKilled(): void {
    if (this.#killed.signal.aborted) throw new WaterflowFailure(workspaceGone('killed'));
  }
}

function leftBy({ leaves }: Script): { readonly carried?: Carried } {
  return leaves === undefined ? {} : { carried: { ...nothingCarried, ...leaves } };
}

function scriptOf(task: StepTask, { runner }: Claim): Script {
  const evaluated = evaluateTemplate(task.with, { contexts: { ...task.context, runner: { ...runner } } });
  if (!('ok' in evaluated) || !isJsonObject(evaluated.ok))
    throw new TypeError(`no script: ${JSON.stringify(evaluated)}`);
  return evaluated.ok;
}

/** Calls once the file is there, which another process may make; the answer gives up on it. */
function whenThere(file: string, call: () => void): () => void {
  const timer = setInterval(() => {
    if (existsSync(file)) call();
  }, 10);
  return () => clearInterval(timer);
}

function interruption(end: 'timeout' | 'cancelled'): StepResult {
  const rest = { outputs: {}, host_calls: noHostCalls };
  return end === 'timeout'
    ? {
        outcome: 'failure',
        class: 'timeout',
        error: { code: 'TIMEOUT', message: 'too slow', remedy: 'Raise `timeout-minutes`.' },
        ...rest,
      }
    : { outcome: 'cancelled', error: { code: 'CANCELLED', message: 'cancelled', remedy: 'Run it again.' }, ...rest };
}

function stepFailed(message: string): WaterflowError {
  return { code: 'STEP_FAILED', message, remedy: 'Look at the log.' };
}

function workspaceGone(workspace: string): WaterflowError {
  return { code: 'WORKSPACE_GONE', message: `${workspace} is not there`, remedy: 'Run the job again.' };
}
