import { TimeoutFailure } from '@temporalio/common';
import {
  ActivityFailure,
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type AgentBeat,
  type AgentPresence,
  type AgentReport,
  agentQueue,
  type PresenceActivities,
  presence,
} from '../../../agent/worker/protocol.ts';
import { names } from '../protocol.ts';
import { goOnIn, Succession, understand } from './succession.ts';

const reportSignal = defineSignal<[AgentReport]>(presence.reportSignal);

/** What the workflow of an agent begins with. */
export interface AgentInput {
  readonly version: 1;
  readonly name: string;
  readonly carried?: KnownThen;
}

/** What is known of the agent when its workflow goes on in a new execution. */
interface KnownThen {
  readonly report: AgentReport;
  /** Absent: it has come, and nobody has looked for it yet. */
  readonly state?: AgentPresence['state'];
  readonly jobs: readonly string[];
  /** How often in a row it was looked for in vain. */
  readonly missed: number;
}

/** An agent that isn't heard of for so long is suspect. */
const suspectAfter = '8 seconds';
/** How often an agent that is suspect is looked for. */
const lookAgain = '5 seconds';
/** Then no job waits for it any more, whatever its `lost-after`. */
const lostAfterLooks = 60;
/** An agent that left and does not come back is forgotten. */
const forgottenAfter = '7 days';

/**
 * Knows of one agent whether it is there, by an activity that goes on as long as the agent does: its heartbeats are exact where lists of
 * pollers are not. Tells the jobs that the agent has when it isn't heard of, and when it is again.
 */
export async function waterflowAgent(input: AgentInput): Promise<void> {
  understand(input);
  const { name, carried } = input;
  const succession = new Succession();
  const known = new KnownAgent(carried);
  setHandler(reportSignal, (report) => known.comes(report));
  const { greet } = proxyActivities<PresenceActivities>({
    taskQueue: agentQueue(name),
    scheduleToCloseTimeout: suspectAfter,
    retry: { maximumAttempts: 1 },
  });
  const { stay } = proxyActivities<PresenceActivities>({
    taskQueue: agentQueue(name),
    scheduleToStartTimeout: suspectAfter,
    startToCloseTimeout: '1 day',
    heartbeatTimeout: suspectAfter,
    retry: { maximumAttempts: 1 },
  });
  for (;;) {
    if (!(await condition(() => known.isThere || succession.isDue, forgottenAfter))) return;
    if (succession.isDue) {
      // What the agent is asked at that moment ends with this execution, and it is asked anew.
      await goOnIn<typeof waterflowAgent>({ version: 1, name, ...known.carried }, { memo: known.memo });
    }
    const { session } = known.report;
    try {
      const beat = await greet(session);
      await known.becomes(beat.draining === true ? 'draining' : 'online', beat);
      const due = condition(() => succession.isDue);
      if ((await Promise.race([known.asking(() => stay(session)), due])) === 'stopped') await known.becomes('stopped');
    } catch (cause) {
      // Another one came, and is asked from now on: by that the one before learns of it.
      if (isCancellation(cause)) continue;
      if (!(cause instanceof ActivityFailure)) throw cause;
      await known.isMissed(cause, session);
    }
  }
}

class KnownAgent {
  #report: AgentReport | undefined;
  #state: AgentPresence['state'] | undefined;
  #shown: AgentPresence | undefined;
  #missed: number;
  #asking: CancellationScope | undefined;
  #jobs: readonly string[];

  constructor(carried: KnownThen | undefined) {
    this.#report = carried?.report;
    this.#state = carried?.state;
    this.#missed = carried?.missed ?? 0;
    this.#jobs = carried?.jobs ?? [];
    // Whoever lists agents saw it there.
    this.#shown = workflowInfo().memo?.[presence.memo] as AgentPresence | undefined;
  }

  /** For the next execution. */
  get carried(): { readonly carried?: KnownThen } {
    if (this.#report === undefined) return {};
    const state = this.#state === undefined ? {} : { state: this.#state };
    return { carried: { report: this.#report, ...state, jobs: this.#jobs, missed: this.#missed } };
  }

  get memo(): Readonly<Record<string, unknown>> {
    return this.#shown === undefined ? {} : { [presence.memo]: this.#shown };
  }

  /** It came, or came back. */
  comes(report: AgentReport): void {
    if (this.#report?.session !== report.session) this.#asking?.cancel();
    this.#report = report;
    this.#missed = 0;
    this.#state = undefined;
  }

  /** Asks the agent something until another one comes in its place. */
  async asking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    this.#asking = new CancellationScope();
    try {
      return await this.#asking.run(ask);
    } finally {
      this.#asking = undefined;
    }
  }

  /** Somebody is to look whether it is there. */
  get isThere(): boolean {
    return this.#report !== undefined && this.#state !== 'stopped' && this.#state !== 'lost';
  }

  get report(): AgentReport {
    if (this.#report === undefined) throw new TypeError('no agent has come');
    return this.#report;
  }

  async becomes(state: AgentPresence['state'], beat?: AgentBeat): Promise<void> {
    if (beat !== undefined) this.#jobs = beat.jobs;
    const isHeardOf = state === 'online' || state === 'draining';
    if (isHeardOf) this.#missed = 0;
    const before = this.#state;
    if (before === state) return;
    this.#state = state;
    const shown: AgentPresence = { ...this.report, state, since: Date.now() };
    this.#shown = shown;
    upsertMemo(this.memo);
    if (state === 'suspect') await this.#tellJobs(true);
    if (isHeardOf && before === 'suspect') await this.#tellJobs(false);
  }

  /** It did not answer, or is heard of no more. */
  async isMissed(cause: ActivityFailure, session: string): Promise<void> {
    // Another one came meanwhile, and is looked for.
    if (this.report.session !== session) return;
    const beat = cause.cause instanceof TimeoutFailure ? cause.cause.lastHeartbeatDetails : undefined;
    // The agent's heartbeats carry nothing else.
    if (beat !== undefined) this.#jobs = (beat as AgentBeat).jobs;
    this.#missed += 1;
    await this.becomes(this.#missed > lostAfterLooks ? 'lost' : 'suspect');
    if (this.#state === 'suspect') await sleep(lookAgain);
  }

  async #tellJobs(suspect: boolean): Promise<void> {
    await Promise.all(
      // A job that has ended meanwhile needn't know.
      this.#jobs.map((job) =>
        getExternalWorkflowHandle(job)
          .signal(names.suspectSignal, suspect)
          .catch(() => {}),
      ),
    );
  }
}
