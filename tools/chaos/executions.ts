import { jobNames, stepId, stepsOfJob } from './workflow.ts';

/** A step that really ran, as it noted by itself. */
export interface Execution {
  readonly job: string;
  readonly step: string;
  readonly token: string;
  /** It came to its last line. */
  readonly ended: boolean;
}

/** Those that a ledger tells of, by jobs, in the order in which they began; with what is wrong with it: two at a time in one job. */
export function readLedger(lines: readonly string[]): {
  readonly executions: ReadonlyMap<string, readonly Execution[]>;
  readonly problems: readonly string[];
} {
  const executions = new Map<string, Execution[]>(jobNames.map((job) => [job, []]));
  const problems: string[] = [];
  for (const line of lines) {
    const [what, job = '', step = '', token = ''] = line.split(' ');
    const ofJob = executions.get(job);
    const last = ofJob?.at(-1);
    if (ofJob === undefined) problems.push(`the ledger has a line that nobody writes: ${line}`);
    else if (what === 'begin') ofJob.push({ job, step, token, ended: false });
    else if (last?.token === token && !last.ended) ofJob[ofJob.length - 1] = { ...last, ended: true };
    else problems.push(`${job} ${step} went on after something else of its job had begun (${token})`);
  }
  return { executions, problems };
}

/** The executions of a job, apart by where it began anew: at its first step. */
export function byAttempts(executions: readonly Execution[]): readonly (readonly Execution[])[] {
  const attempts: Execution[][] = [];
  for (const execution of executions) {
    if (execution.step === stepId(1) || attempts.length === 0) attempts.push([]);
    attempts.at(-1)?.push(execution);
  }
  return attempts;
}

/** What is wrong with an attempt of a job in which each step is done once, in order, and only the last one is cut off. */
export function attemptProblems(executions: readonly Execution[]): readonly string[] {
  return executions.flatMap(({ job, step, ended }, index) => {
    const expected = index < stepsOfJob ? stepId(index + 1) : 'nothing';
    if (step !== expected) return [`${job}: ${step} was done where ${expected} was next`];
    const isLast = index === executions.length - 1;
    return isLast || ended ? [] : [`${job}: ${step} did not come to its end, and the job went on`];
  });
}
