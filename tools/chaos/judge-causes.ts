import { attemptKey, type StepAttempt } from './answers.ts';
import type { Evidence } from './evidence.ts';

/** What was lost, and nobody had killed. */
export function causeProblems(evidence: Evidence, attempts: readonly StepAttempt[]): readonly string[] {
  return evidence.engine === 'temporal' ? lostAgents(evidence) : lostSteps(evidence, attempts);
}

function lostAgents({ events, kills, details }: Evidence): readonly string[] {
  const lost = events.filter(({ type }) => type === 'agent_lost');
  const unexpected = lost.flatMap(({ job = '', sequence, event }) => {
    const attempt = event['job_attempt'];
    const claimed = events.find(
      (one) => one.type === 'agent_claimed' && one.job === job && one.event['job_attempt'] === attempt,
    );
    const agent = agentIn(claimed?.event['claim']);
    // One that was killed while it gave its claim isn't named.
    const isKilled = kills.some(
      ({ kind, name, after }) => kind === 'agent' && after < sequence && (agent === undefined || agent === name),
    );
    return isKilled
      ? []
      : [`${job} lost ${agent ?? 'an agent'} (${JSON.stringify(event['reason'])}), which nobody had killed`];
  });
  const attempts = Object.entries(details.jobs).flatMap(([job, one]) => {
    const count = 1 + lost.filter((event) => event.job === job).length;
    return one.attempts === count ? [] : [`${job} has ${one.attempts} attempts, and lost its agent ${count - 1} times`];
  });
  return [...unexpected, ...attempts];
}

function agentIn(claim: unknown): string | undefined {
  if (typeof claim !== 'object' || claim === null || !('agent' in claim)) return undefined;
  return typeof claim.agent === 'string' ? claim.agent : undefined;
}

function lostSteps({ kills }: Evidence, attempts: readonly StepAttempt[]): readonly string[] {
  return attempts.flatMap((attempt) => {
    const { answer } = attempt;
    if (answer === undefined) return [`${attemptKey(attempt)} was never answered`];
    if (answer.outcome === 'success') return [];
    if (answer.class !== 'lost') return [`${attemptKey(attempt)} is a ${answer.outcome} (${answer.class})`];
    const isCutOff = kills.some(({ after }) => after < answer.sequence) && attempt.attempt <= kills.length;
    return isCutOff ? [] : [`${attemptKey(attempt)} was lost, and nobody had killed its server`];
  });
}
