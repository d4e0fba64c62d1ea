import { getExternalWorkflowHandle, proxySinks } from '@temporalio/workflow';
import type { JobKey, Plan } from '../../../schemas/index.ts';
import type { RunCommand } from '../../machine/index.ts';
import type { JobBeginning } from '../job-beginning.ts';
import { type EngineSinks, jobWorkflowId, type RunInput } from '../protocol.ts';
import { hasSearchAttributes } from './shown-status.ts';
import { startJobWorkflow } from './start-job.ts';

type StartJob = Extract<RunCommand, { readonly type: 'start_job' }>;

const { jobs: handedOver } = proxySinks<EngineSinks>();

/** More jobs at once would take longer than a task may. */
const mostHandedOver = 100;
/** In UTF-16 code units of JSON: of all plans that an execution gives to its jobs. */
const mostPlansLength = 64 * 1024;

/** The workflows of a run's jobs. */
export class RunJobs {
  readonly #input: RunInput;
  /** The attempt of the run in which each job was started last. */
  readonly #started: Map<JobKey, number>;
  /** Jobs that a turn begins for the first time: they are there before Temporal hears of the turn, so the history needn't say so. */
  readonly #beginning: JobBeginning[] = [];
  /** Others, whose workflows are being started: what they are told must not come before them. */
  readonly #starting = new Map<JobKey, Promise<void>>();
  /** Of the plan as JSON, in UTF-16 code units, and of all plans that this execution has given to jobs. */
  #planLength: number | undefined;
  #givenLength = 0;

  constructor(input: RunInput) {
    this.#input = input;
    this.#started = new Map(
      'carried' in input.begin ? (Object.entries(input.begin.carried.started) as [JobKey, number][]) : [],
    );
  }

  /** For the next execution: the attempt of the run in which each job was started last. */
  get carried(): Readonly<Record<JobKey, number>> {
    return Object.fromEntries(this.#started) as Readonly<Record<JobKey, number>>;
  }

  /** Starts a job, unless it was started in this attempt of the run. Gives what is to be waited for, if anything is. */
  start({ job, start }: StartJob): Promise<void> | undefined {
    const attempt = start.facts.run_attempt;
    if (this.#started.get(job) === attempt) return undefined;
    const ran = this.#started.has(job);
    this.#started.set(job, attempt);
    const { run, secrets, plan: whole } = this.#input;
    const plan = ran ? undefined : this.#planForJob();
    const beginning: JobBeginning = {
      input: {
        version: 1,
        run,
        tenant: start.facts.tenant,
        ...(plan === undefined ? {} : { plan }),
        key: job,
        queue: start.queue,
        secrets,
        begin: { start, ran },
      },
      id: start.id,
      name: start.name,
      workflow: whole.name,
      hasAttributes: hasSearchAttributes(),
    };
    if (!ran && this.#beginning.length < mostHandedOver) {
      this.#beginning.push(beginning);
      return undefined;
    }
    const starting = startJobWorkflow(beginning).finally(() => this.#starting.delete(job));
    this.#starting.set(job, starting);
    return starting;
  }

  /** Hands over those that a turn has begun. */
  handOver(): void {
    const begun = this.#beginning.splice(0);
    if (begun.length > 0) handedOver.begin(begun);
  }

  /** Signals a job. One that has ended meanwhile has told so, and needn't know. */
  async signal(job: JobKey, signal: string, ...args: readonly unknown[]): Promise<void> {
    // Where it could not be started the run breaks, which is told elsewhere.
    await this.#starting.get(job)?.catch(() => {});
    const handle = getExternalWorkflowHandle(jobWorkflowId(this.#input.run, job));
    await handle.signal(signal, ...args).catch(() => {});
  }

  /** As long as that adds little to what Temporal keeps, jobs needn't ask for the plan. */
  #planForJob(): Plan | undefined {
    const { plan } = this.#input;
    this.#planLength ??= JSON.stringify(plan).length;
    if (this.#givenLength + this.#planLength > mostPlansLength) return undefined;
    this.#givenLength += this.#planLength;
    return plan;
  }
}
