import type {
  Claim,
  EvaluationResult,
  EvaluationTask,
  JobKey,
  Json,
  JsonObject,
  Plan,
  PluginIdentity,
  RunId,
  StepResult,
  StepTask,
} from '../../schemas/index.ts';

/** What an agent is asked to claim. */
export interface ClaimTask {
  readonly run: RunId;
  /** As often as the run was run. Absent: it is asked for by a release that doesn't tell. */
  readonly run_attempt?: number;
  readonly tenant: string;
  readonly plan: Plan;
  readonly job: JobKey;
  readonly job_attempt: number;
  /** The queue that the job names: its place there counts, also where the claim is for one agent alone. */
  readonly queue: string;
  readonly host?: string;
  readonly keep?: Claim;
  /** The values of the run's secrets, sealed for agents of the queue. */
  readonly secrets: JsonObject;
  /** How long the job waits for an agent that isn't heard of, in ms. */
  readonly lost_after_ms: number;
  /** The job's workflow: an agent frees by itself what belongs to one that is closed. */
  readonly workflow_id: string;
}

/** Activities of agents. `claim` is taken from the queue that a job names, the others from the agent's own. */
export interface AgentActivities {
  readonly claim: (task: ClaimTask) => Promise<Claim>;
  readonly step: (task: StepTask, claim: Claim) => Promise<StepResult>;
  /** Has a step that runs come to its end; it still answers. */
  readonly interrupt: (step: InterruptTask) => Promise<void>;
  readonly evaluate: (task: EvaluationTask, claim: Claim) => Promise<EvaluationResult>;
  readonly release: (task: ReleaseTask) => Promise<void>;
}

/** A step that is to end. */
export interface InterruptTask {
  readonly run: RunId;
  readonly job: JobKey;
  readonly job_attempt: number;
  readonly step: string;
  readonly attempt: number;
  readonly reason: 'cancelled' | 'timeout';
}

/** A claim that has come to its end. */
export interface ReleaseTask {
  readonly run: RunId;
  readonly job: JobKey;
  readonly job_attempt: number;
  readonly queue: string;
  readonly claim: Claim;
  readonly workspace: 'remove' | 'keep';
  /** Of a claim that ended before, whose workspace was kept until now: its run, as claims have it. */
  readonly kept?: Pick<ClaimTask, 'tenant' | 'plan' | 'secrets'>;
}

/** The signal by which an agent tells a job that it gives the job's attempt up: a {@link GivenUp}. */
export const jobEventSignal = 'event';

/** An event of the job's machine. */
export interface GivenUp {
  readonly type: 'agent_lost';
  readonly job_attempt: number;
  readonly reason: string;
}

/** The queue on which an agent takes what belongs to its claims, and claims that only it can give. */
export function agentQueue(agent: string): string {
  return `waterflow-agent/${agent}`;
}

/** What an agent says of itself when it comes. */
export interface AgentReport {
  readonly name: string;
  /** Unguessable, new with each start of the agent; see {@link newSession}. */
  readonly session: string;
  readonly version: string;
  readonly os: string;
  readonly arch: string;
  readonly labels: readonly string[];
  /** Confinement level. */
  readonly confinement: number;
  /** Jobs at a time, by queue. */
  readonly queues: Readonly<Record<string, number>>;
  readonly plugins: readonly PluginIdentity[];
  /** Of those that didn't come with Waterflow. Absent: it is of a release that doesn't tell. */
  readonly manifests?: readonly ReportedManifest[];
  /** Which secrets it has from providers of its own. Absent: none. */
  readonly secrets?: readonly ReportedSecret[];
  /** ms since the epoch. */
  readonly started_at: number;
}

/** A secret that an agent has by itself: its name, and whose runs have it, where that isn't everybody. Nothing tells more of it. */
export interface ReportedSecret {
  readonly name: string;
  readonly tenants?: readonly string[];
}

/** What whoever reads workflows has to know of a plugin that only agents have. */
export interface ReportedManifest {
  readonly digest: PluginIdentity['digest'];
  /** The document of its plugin.yaml; whoever reads it checks it. */
  readonly manifest: Json;
}

/** The name of a session that began at that time (ms since the epoch): of two, the later one is greater. */
export function newSession(startedAt: number, random: string): string {
  return `${String(startedAt).padStart(15, '0')}-${random}`;
}

/** Whether a session began after another one, as far as their names tell. */
export function isLater(session: string, than: string): boolean {
  const form = /^\d{15}-/u;
  return form.test(session) && form.test(than) && session > than;
}

/** What an agent says while it is there. */
export interface AgentBeat {
  /** How many jobs it has, by queue. */
  readonly in_use: Readonly<Record<string, number>>;
  /** The workflows of the jobs that it has. */
  readonly jobs: readonly string[];
  /** It takes no more jobs, and those that it has come to their end. */
  readonly draining?: true;
}

/** Activities by which an agent is known to be there, on its own queue. */
export interface PresenceActivities {
  /** Answers where the agent of that session is there. */
  readonly greet: (session: string) => Promise<AgentBeat>;
  /** Goes on as long as the agent does, with an {@link AgentBeat} in its heartbeats; ends where it begins to stop, and where it has stopped. */
  readonly stay: (session: string) => Promise<'draining' | 'stopped' | 'renew'>;
}

/** The workflow that knows of an agent whether it is there. */
export function agentWorkflowId(agent: string): string {
  return `waterflow-agent/${agent}`;
}

/** Names of that workflow. */
export const presence = {
  workflow: 'waterflowAgent',
  /** To the workflow: the agent's {@link AgentReport}. */
  reportSignal: 'report',
  /** Key of the workflow's memo, with an {@link AgentPresence}. */
  memo: 'agent',
} as const;

/** An agent as its workflow knows it. */
export interface AgentPresence extends AgentReport {
  /**
   * `draining`: it finishes the jobs that it has, and takes no more; `suspect`: not heard of for a few seconds; `lost`: for longer than
   * jobs wait for it; `stopped`: in order.
   */
  readonly state: 'online' | 'draining' | 'suspect' | 'lost' | 'stopped';
  /** ms since the epoch: since when it is so. */
  readonly since: number;
}
