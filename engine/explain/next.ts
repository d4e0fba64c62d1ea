import { placeOfJob } from '../../dsl/index.ts';
import type { RunDetails } from '../port.ts';
import type { Cause, NextStep, Recurrence, Wait } from './api.ts';
import { queueOf } from './queue-of.ts';
import { placeText } from './sentences.ts';

/** Commands for the answers that a run waits for, up to this many. */
const mostAnswers = 10;

/** What to do about a run that failed, the first first. */
export function afterFailure(cause: Cause, run: RunDetails, recurrence: Recurrence): readonly NextStep[] {
  const rerun = aboutRun(['rerun', run.run, '--failed'], 'runs again what failed, once what is wrong is put right');
  if (recurrence.verdict === 'flaky') {
    const again = {
      ...rerun,
      why: 'runs again what failed: with the same workflow and plugins it has succeeded before',
    };
    return [again, ...logsOf(cause, run)];
  }
  return [...looksOf(cause, run), ...logsOf(cause, run), rerunWith(cause, rerun)];
}

/** What to do about a run that was cancelled. */
export function afterCancel(run: RunDetails): readonly NextStep[] {
  return [aboutRun(['rerun', run.run, '--failed'], 'runs what was cancelled, and what needs it')];
}

/** What to do about a run in progress. */
export function whileWaiting(waits: readonly Wait[], run: RunDetails): readonly NextStep[] {
  const answers = waits.flatMap((wait) => answerTo(wait, run)).slice(0, mostAnswers);
  const left = run.driven
    ? []
    : [aboutRun(['run', '--resume', run.run], 'goes on with it; its secrets are given by --secret')];
  const paused = run.status === 'paused' ? [aboutRun(['resume', run.run], 'lets it go on')] : [];
  return [
    ...left,
    ...paused,
    ...answers,
    ...agentsFor(run),
    aboutRun(['logs', run.run, '--follow'], 'shows what it does'),
  ];
}

/** What is to be done for jobs whose queues no agent serves. */
function agentsFor(run: RunDetails): readonly NextStep[] {
  const blocked = Object.entries(run.jobs).filter(([, { status }]) => status === 'blocked');
  if (blocked.length === 0) return [];
  const queues = new Set(blocked.flatMap(([job]) => queueOf(run, job) ?? []));
  const starts = [...queues]
    .slice(0, mostAnswers)
    .map((queue) => aboutFile(['agent', '--task-queues', queue], 'serves the queue, on a machine that is to do so'));
  return [{ words: ['queues'], about: 'place', why: 'shows which queues have agents, and what waits' }, ...starts];
}

function aboutRun(words: readonly string[], why: string, about: NextStep['about'] = 'run'): NextStep {
  return { words, about, why };
}

function answerTo({ awaited }: Wait, { run }: RunDetails): readonly NextStep[] {
  switch (awaited?.kind) {
    case undefined:
      return [];
    case 'approval': {
      const target = awaited.step === undefined ? awaited.job : `${awaited.job}/${awaited.step}`;
      return [aboutRun(['approve', run, target], 'approves it; with --reject it fails')];
    }
    case 'signal': {
      const payload = awaited.schema === undefined ? [] : ['--payload', 'JSON'];
      return [aboutRun(['signal', run, awaited.name, ...payload], 'sends what it waits for')];
    }
    case 'secrets': {
      const names = awaited.secrets.flatMap((name) => ['--secret', name]);
      return [aboutRun(['resume', run, ...names], 'gives it the values, from variables of the same names')];
    }
    default:
      return [];
  }
}

/** What shows more of this kind of failure. */
function looksOf(cause: Cause, run: RunDetails): readonly NextStep[] {
  const { code, job, step, expression } = cause;
  const planned = job === undefined ? undefined : placeOfJob(run.plan, job)?.job.id;
  switch (code) {
    case 'DENIED':
      return planned === undefined || step === undefined
        ? []
        : [
            aboutFile(
              ['grants', 'explain', run.file, '--step', `${planned}/${step}`],
              'shows for each layer what it allows, and which refuses',
            ),
          ];
    case 'EVALUATION_FAILED':
      return expression === undefined
        ? []
        : [aboutFile(['eval', expression, '--context', 'FILE'], 'tries the expression with values that you give')];
    case 'QUEUE_TIMEOUT':
    case 'QUEUE_EMPTY':
      return [
        { words: ['queues'], about: 'place', why: 'shows which queues have agents' },
        { words: ['agents'], about: 'place', why: 'shows which agents are connected, and what they are doing' },
      ];
    case 'AGENT_LOST':
      return [{ words: ['agents'], about: 'place', why: 'shows which agents are connected' }];
    case 'PLUGIN_NOT_FOUND':
    case 'PLUGIN_MISSING':
    case 'PLUGIN_INVALID':
      return [
        { words: ['plugin', 'list'], about: 'file', why: 'shows the plugins that are there, with their versions' },
      ];
    case 'CONFINEMENT_UNAVAILABLE':
      return [{ words: ['doctor'], about: 'file', why: 'says what the machine lacks' }];
    case 'INVALID_INPUT':
      return [aboutFile(['validate', run.file], 'says what is wrong with what the file gives its plugins')];
    default:
      return [];
  }
}

function aboutFile(words: readonly string[], why: string): NextStep {
  return { words, about: 'file', why };
}

function logsOf({ job, step }: Cause, { run }: RunDetails): readonly NextStep[] {
  if (job === undefined || step === undefined) return [];
  const words = ['logs', run, '--job', job, '--step', step];
  return [aboutRun(words, `shows all that ${placeText({ job, step })} wrote`)];
}

function rerunWith({ code }: Cause, rerun: NextStep): NextStep {
  switch (code) {
    case 'SECRET_MISSING':
    case 'SECRET_NOT_READABLE':
      return { ...rerun, words: [...rerun.words, '--secret', 'NAME'], why: 'runs again what failed, with the secret' };
    case 'AGENT_LOST':
      return { ...rerun, why: 'runs again what failed, on any agent of the queue' };
    default:
      return rerun;
  }
}
