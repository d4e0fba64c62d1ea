import type {
  Claim,
  EvaluationResult,
  EvaluationTask,
  JobKey,
  JsonObject,
  Plan,
  RunId,
  StepResult,
  StepTask,
} from '../../schemas/index.ts';

/** What an agent is asked to claim. */
export interface ClaimTask {
  readonly run: RunId;
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
}

/** The queue on which an agent takes what belongs to its claims, and claims that only it can give. */
export function agentQueue(agent: string): string {
  return `waterflow-agent/${agent}`;
}
