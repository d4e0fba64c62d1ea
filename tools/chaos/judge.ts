import { attemptKey, type StepAttempt, stepAttempts } from './answers.ts';
import type { Evidence } from './evidence.ts';
import { attemptProblems, byAttempts, type Execution, readLedger } from './executions.ts';
import { causeProblems } from './judge-causes.ts';
import { logProblems } from './judge-log.ts';
import { jobNames, stepId, stepsOfJob, stepTimeoutMs, valueOf } from './workflow.ts';

/** What a run that was disturbed came to. */
export interface Verdict {
  /** What must not be: nothing, if all is well. */
  readonly problems: readonly string[];
  /** Attempts of jobs that began anew. */
  readonly jobsAgain: number;
  /** Executions of steps beyond those that the result is made of: they were cut off, or their job began anew. */
  readonly stepsAgain: number;
}

/** Whether a run is as if nothing had happened to it, but for what docs/engines.md says. */
export function judge(evidence: Evidence): Verdict {
  const { engine, events } = evidence;
  const { executions, problems: inLedger } = readLedger(evidence.ledger);
  const { attempts, problems: inEvents } = stepAttempts(events);
  const ofJobs = jobNames.flatMap((job) => {
    const done = executions.get(job) ?? [];
    const told = attempts.filter((attempt) => attempt.job === job);
    return engine === 'temporal' ? jobOnTemporal(job, done, told) : jobInServer(job, done, told);
  });
  const all = [...executions.values()].flat();
  return {
    problems: [
      ...resultProblems(evidence),
      ...eventProblems(evidence),
      ...inEvents,
      ...inLedger,
      ...ofJobs,
      ...againProblems(evidence, all, attempts),
      ...attempts.flatMap(timeProblems),
      ...causeProblems(evidence, attempts),
      ...logProblems(evidence, attempts, all),
    ],
    jobsAgain: sum(Object.values(evidence.details.jobs).map((job) => job.attempts - 1)),
    stepsAgain: all.length - jobNames.length * stepsOfJob,
  };
}

function resultProblems({ details }: Evidence): readonly string[] {
  const ofRun = details.status === 'success' ? [] : [`the run ended as ${details.status}`];
  const ofSteps = jobNames.flatMap((job) =>
    Array.from({ length: stepsOfJob }, (_, index) => index + 1).flatMap((number) => {
      const { status, outputs } = details.jobs[job]?.steps[stepId(number)] ?? {};
      const expected = String(valueOf(job, number));
      if (status === 'success' && outputs?.['value'] === expected) return [];
      return [`${job} ${stepId(number)} is ${status} with ${JSON.stringify(outputs?.['value'])}, not ${expected}`];
    }),
  );
  return [...ofRun, ...ofSteps];
}

/** Without a gap and a repetition, and the same whoever asks at whatever time. */
function eventProblems({ events, followed }: Evidence): readonly string[] {
  const gaps = events.flatMap(({ sequence }, index) =>
    sequence === index + 1 ? [] : [`event ${sequence} stands where ${index + 1} belongs`],
  );
  const others = events.flatMap((event, index) =>
    JSON.stringify(event) === JSON.stringify(followed[index])
      ? []
      : [`event ${event.sequence} was told otherwise before`],
  );
  const more = followed.length > events.length ? ['more events were told than there are'] : [];
  const ends = jobNames.flatMap((job) => {
    const count = events.filter((event) => event.type === 'job_finished' && jobOf(event.event) === job).length;
    return count === 1 ? [] : [`the end of ${job} is told ${count} times`];
  });
  return [...gaps, ...others, ...more, ...ends];
}

function jobOf(event: Readonly<Record<string, unknown>>): unknown {
  return event['job'];
}

/** An agent that is killed takes its job's attempt with it; the next attempt begins at the first step. */
function jobOnTemporal(job: string, done: readonly Execution[], told: readonly StepAttempt[]): readonly string[] {
  const given = tokensByJobAttempt(told);
  const runs = byAttempts(done);
  // An attempt whose first step was never acknowledged may or may not have begun it.
  const unknown = told.filter(({ step, answer }) => step === stepId(1) && answer?.token === undefined).length;
  const unclaimed = runs.filter((run) => !given.some((tokens) => tokens.includes(run[0]?.token ?? ''))).length;
  return [
    ...runs.flatMap(attemptProblems),
    ...(unclaimed > unknown ? [`${job} began ${unclaimed} times, and the engine knows of ${unknown}`] : []),
    ...given.flatMap((tokens) => {
      const run = runs.find((each) => each[0]?.token === tokens[0]) ?? [];
      const same = tokens.every((token, index) => run[index]?.token === token && run[index]?.ended);
      return same ? [] : [`${job}: the results of an attempt are not those of what was done: ${tokens.join(', ')}`];
    }),
    ...(runs.at(-1)?.length === stepsOfJob ? [] : [`${job}: its last attempt did not do all steps`]),
  ];
}

/** The executions that gave the acknowledged results, in order, of each attempt of the job that has any. */
function tokensByJobAttempt(told: readonly StepAttempt[]): readonly (readonly string[])[] {
  const tokens = new Map<number, string[]>();
  for (const { job_attempt, answer } of told) {
    if (answer?.outcome !== 'success') continue;
    tokens.set(job_attempt, [...(tokens.get(job_attempt) ?? []), answer.token ?? '']);
  }
  return [...tokens.values()];
}

/** A server that is killed takes the steps with it that ran; their own `retry` has them done again. */
function jobInServer(job: string, done: readonly Execution[], told: readonly StepAttempt[]): readonly string[] {
  return Array.from({ length: stepsOfJob }, (_, index) => stepId(index + 1)).flatMap((step, index) => {
    const executions = done.filter((execution) => execution.step === step);
    const ofStep = told.filter((attempt) => attempt.step === step);
    const results = ofStep.filter(({ answer }) => answer?.outcome === 'success');
    const last = executions.at(-1);
    const before =
      done.indexOf(executions[0] as Execution) > 0 ? done[done.indexOf(executions[0] as Execution) - 1] : undefined;
    return [
      ...(executions.length > ofStep.length
        ? [`${job}: ${step} was done ${executions.length} times, and the engine knows of ${ofStep.length}`]
        : []),
      ...(results.length === 1 && results[0]?.answer?.token === last?.token && last?.ended === true
        ? []
        : [`${job}: the result of ${step} is not that of the last time when it was done`]),
      ...(index === 0 || before?.step === stepId(index) ? [] : [`${job}: ${step} was done before its turn`]),
    ];
  });
}

/** What had been acknowledged when something was killed is not done again, unless the attempt of its job was lost with its agent. */
function againProblems(
  { kills, events }: Evidence,
  executions: readonly Execution[],
  attempts: readonly StepAttempt[],
): readonly string[] {
  const acknowledged = Math.max(0, ...kills.map(({ after }) => after));
  return attempts.flatMap((attempt) => {
    const { job, step, job_attempt, answer } = attempt;
    if (answer?.outcome !== 'success' || answer.sequence > acknowledged) return [];
    const ofStep = executions.filter((execution) => execution.job === job && execution.step === step);
    const at = ofStep.findIndex(({ token }) => token === answer.token);
    const isLost = events.some(
      ({ type, event, ...one }) => type === 'agent_lost' && one.job === job && event['job_attempt'] === job_attempt,
    );
    return isLost || at === ofStep.length - 1 ? [] : [`${attemptKey(attempt)} was acknowledged, and was done again`];
  });
}

function timeProblems(attempt: StepAttempt): readonly string[] {
  const { answer, startedAt } = attempt;
  if (answer === undefined) return [];
  const tookMs = answer.at - startedAt;
  if (answer.class === 'timeout') return [`${attemptKey(attempt)} was ended by its timeout`];
  return tookMs > stepTimeoutMs ? [`${attemptKey(attempt)} took ${tookMs} ms, and may take ${stepTimeoutMs}`] : [];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
