import { describe, expect, it } from 'vitest';
import type { Evidence } from './evidence.ts';
import { judge } from './judge.ts';
import type { Kill } from './kills.ts';
import { type Told, tokenOf, toldRun } from './testing/told.ts';
import { stepId } from './workflow.ts';

const killed = (kind: Kill['kind'], name: string, after: number): Kill => ({ kind, name, after, at: 0, awayMs: 0 });
const problemsOf = (evidence: Evidence): string => judge(evidence).problems.join('\n');

/** Job c loses its agent in its fourth step, and is done again. */
const lostAgent = (): Told =>
  toldRun({
    job: 'c',
    tell(told) {
      told.job('c', { steps: 3 });
      told.event('step_started', { step: 's4', attempt: 1, job_attempt: 1 }, 'c');
      told.ledger.push(`begin c s4 cut 7`);
      told.log.push({ job: 'c', step: 's4', job_attempt: 1, attempt: 1, text: 'token cut' });
      told.event('agent_lost', { job_attempt: 1, reason: 'gone' }, 'c');
      told.job('c', { job_attempt: 2, agent: 'second' });
    },
  });

/** Step s4 of job c is lost with its server, and is done again. */
const lostStep = (): Told =>
  toldRun({
    job: 'c',
    tell(told) {
      for (const number of [1, 2, 3]) told.step('c', number);
      told.event('step_started', { step: 's4', attempt: 1, job_attempt: 1 }, 'c');
      told.ledger.push('begin c s4 cut 7');
      const lost = { outcome: 'failure', class: 'lost', outputs: {} };
      told.event('step_finished', { step: 's4', attempt: 1, job_attempt: 1, result: lost }, 'c');
      told.step('c', 4, { attempt: 2 });
      for (const number of [5, 6, 7, 8, 9, 10]) told.step('c', number);
    },
  });

/** The sequence before the last event of a type. */
function before({ events }: Told, type: string): number {
  return (events.findLast((event) => event.type === type)?.sequence ?? 0) - 1;
}

describe('a run that was disturbed', () => {
  it.each(['temporal', 'embedded'] as const)('is right where nothing happened to it, on %s', (engine) => {
    expect(judge(toldRun().evidence(engine))).toEqual({ problems: [], jobsAgain: 0, stepsAgain: 0 });
  });

  it('may do a job again whose agent was killed', () => {
    const told = lostAgent();
    const evidence = told.evidence('temporal', [killed('agent', 'first', before(told, 'agent_lost'))]);
    expect(judge(evidence)).toEqual({ problems: [], jobsAgain: 1, stepsAgain: 4 });
  });

  it.each([
    ['nobody', []],
    ['another one', [killed('agent', 'second', 1)]],
    ['a server', [killed('server', 'server', 1)]],
  ])('must not lose an agent where %s was killed', (_, kills) => {
    expect(problemsOf(lostAgent().evidence('temporal', kills))).toContain(
      'c lost first ("gone"), which nobody had killed',
    );
  });

  it('may do a step again that was lost with its server', () => {
    const told = lostStep();
    const evidence = told.evidence('embedded', [killed('server', 'server', 2)]);
    expect(judge(evidence)).toEqual({ problems: [], jobsAgain: 0, stepsAgain: 1 });
    expect(problemsOf(told.evidence('embedded'))).toContain('nobody had killed its server');
  });
});

describe.each(['temporal', 'embedded'] as const)('what must not be, on %s', (engine) => {
  const wrong = (change: (told: Told) => Partial<Evidence> | void, kills: readonly Kill[] = []): string => {
    const told = toldRun();
    const changed = change(told) ?? {};
    return problemsOf({ ...told.evidence(engine, kills), ...changed });
  };

  it('a step that was acknowledged is done again', () => {
    const again = (told: Told): void => {
      const at = told.ledger.indexOf(`end b s5 ${tokenOf('b', 5)}`);
      told.ledger.splice(at + 1, 0, 'begin b s5 again 8', 'end b s5 again');
    };
    const problems = wrong(again, [killed('server', 'server', 100)]);
    expect(problems).toContain('b (attempt 1) s5 (attempt 1) was acknowledged, and was done again');
  });

  it('a step is not done', () => {
    const left = (told: Told): void => {
      told.ledger.splice(told.ledger.indexOf(`begin b s5 ${tokenOf('b', 5)} 7`), 2);
    };
    expect(wrong(left)).toMatch(/b: s6 was done|b: the result of s5/u);
  });

  it('a job is done twice from its first step', () => {
    const twice = (told: Told): void => {
      const ofJob = told.ledger.filter((line) => line.split(' ')[1] === 'd');
      told.ledger.push(...ofJob.map((line) => line.replace('d1.', 'd1.twice')));
    };
    expect(wrong(twice)).toContain('times, and the engine knows of');
  });

  it('a step goes on while the next one runs', () => {
    const late = (told: Told): void => {
      const at = told.ledger.indexOf(`end b s5 ${tokenOf('b', 5)}`);
      told.ledger.splice(at + 1, 0, ...told.ledger.splice(at, 1), ...told.ledger.splice(at, 1));
      told.ledger.push(...told.ledger.splice(at, 1));
    };
    expect(wrong(late)).toContain('went on after something else of its job had begun');
  });

  it('a value is wrong', () => {
    const evidence = toldRun().evidence(engine);
    const { jobs } = evidence.details;
    const f = { ...jobs['f'], steps: { ...jobs['f']?.steps, s10: { status: 'success', outputs: { value: '1' } } } };
    const details = { ...evidence.details, jobs: { ...jobs, f } } as Evidence['details'];
    expect(problemsOf({ ...evidence, details })).toContain('f s10 is success with "1"');
  });

  it('the run fails', () => {
    const evidence = toldRun().evidence(engine);
    expect(problemsOf({ ...evidence, details: { ...evidence.details, status: 'failure' } })).toContain(
      'ended as failure',
    );
  });

  it('an event is missing', () => {
    expect(wrong((told) => ({ events: told.events.toSpliced(40, 1) }))).toContain('stands where 41 belongs');
  });

  it('an event was told otherwise to who followed', () => {
    expect(wrong((told) => ({ followed: told.events.toSpliced(40, 1) }))).toContain('was told otherwise before');
  });

  it('an event is told twice', () => {
    const twice = (told: Told): void => told.event('step_finished', told.events.at(-2)?.event ?? {}, 'f');
    expect(wrong(twice)).toContain('was answered before');
  });

  it('the end of a job is told twice', () => {
    expect(wrong((told) => told.ends('a'))).toContain('the end of a is told 2 times');
  });

  it.each([
    ['is missing a line', (told: Told) => told.log.toSpliced(7, 1)],
    ['has a line twice', (told: Told) => told.log.toSpliced(7, 0, ...told.log.slice(7, 8))],
    ['is in another order', (told: Told) => told.log.toSpliced(6, 2, ...told.log.slice(6, 8).toReversed())],
  ])('a log %s', (_, change) => {
    expect(wrong((told) => ({ log: change(told) }))).toContain('the log of a (attempt 1) s2 (attempt 1) is');
  });

  it('a step takes longer than it may', () => {
    const slow = (told: Told) => {
      const at = told.events.findIndex(({ type }) => type === 'step_finished');
      const events = told.events.map((one, index) =>
        index < at ? one : { ...one, event: { ...one.event, at: 100_000 } },
      );
      return { events, followed: events };
    };
    expect(wrong(slow)).toContain(`a (attempt 1) ${stepId(1)} (attempt 1) took`);
  });
});
