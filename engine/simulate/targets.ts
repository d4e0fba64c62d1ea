import { allJobs, allSteps, type CalledJob, stepOfKey } from '../../dsl/index.ts';
import { suggest } from '../../dsl/suggest.ts';
import type { Plan, PlannedStep, WaterflowError } from '../../schemas/index.ts';
import type { JobPart, StepPart, Target } from './api.ts';
import { scriptError } from './split.ts';

/** What a target means in a plan, and what is said of it: its result, or one of the properties. */
export interface FoundTarget {
  readonly target: Target;
  readonly called: CalledJob;
  /** Absent: the job as a whole. */
  readonly step?: PlannedStep;
  readonly property?:
    | { readonly kind: 'outputs'; readonly name: string }
    | { readonly kind: 'payload' }
    | { readonly kind: 'takes' };
}

type Found = { readonly ok: FoundTarget } | { readonly error: WaterflowError };

interface PathParts {
  readonly callers: readonly JobPart[];
  readonly own: JobPart;
  /** After the last part of the job: `.compile.outputs.version`, or that and the rest of a host's name. */
  readonly rest: string;
}

/** Finds what a target such as `release / build (linux).loop[3].test.outputs.x` means. */
export function findTarget(plan: Plan, text: string): Found {
  const parts = partsOf(text);
  if (parts === undefined) {
    const forms = '`build`, `build.test`, `build (linux)`, `deploy @web-1`, `release / build`';
    return { error: scriptError(`\`${text}\` is no job or step`, `Write a target as ${forms}.`) };
  }
  const key = [...parts.callers, parts.own].map(({ id }) => id).join(' / ');
  const called = allJobs(plan).find((job) => job.key === key);
  if (called === undefined) return stepAlone(plan, text) ?? { error: unknownJob(plan, key) };
  for (const split of hostSplits(parts)) {
    const found = inJob(called, split);
    if (found !== undefined) return { ok: found };
  }
  return { error: unknownStep(called, parts.rest.slice(1)) };
}

/** A step that is named without its job, which is fine where one job alone has it; undefined where none has. */
function stepAlone(plan: Plan, text: string): Found | undefined {
  const found = [...allJobs(plan)].flatMap((called) => {
    const parts = called.key.split(' / ').map((id) => ({ id }));
    return inJob(called, { callers: parts.slice(0, -1), own: parts.at(-1) ?? { id: '' }, rest: `.${text}` }) ?? [];
  });
  const [first, ...others] = found;
  if (first === undefined) return undefined;
  if (others.length === 0) return { ok: first };
  const whole = found.map(({ called }) => `\`${called.key}.${text}\``);
  return { error: scriptError(`${found.length} jobs have a step \`${text}\``, `Write one of ${whole.join(', ')}.`) };
}

/** Ids, each with what follows it in brackets or after `@`. */
function partsOf(text: string): PathParts | undefined {
  const levels = text.split(' / ');
  const last = levels.pop() ?? '';
  const callers = levels.map((level) => /^(?<id>[\w-]+)(?: (?<mark>[(@].*))?$/u.exec(level)?.groups);
  const own = /^(?<id>[\w-]+)(?: (?<mark>\(.*\)(?: #\d+)?|@[^.]*))?(?<rest>\..*)?$/u.exec(last)?.groups;
  if (own === undefined || callers.includes(undefined)) return undefined;
  return { callers: callers.map(jobPart), own: jobPart(own), rest: own['rest'] ?? '' };
}

function jobPart(groups: Readonly<Record<string, string | undefined>> | undefined): JobPart {
  const mark = groups?.['mark'];
  return { id: groups?.['id'] ?? '', ...(mark === undefined ? {} : { mark }) };
}

/** The name of a host may hold dots itself: each dot may be the one after which the step begins. */
function* hostSplits(parts: PathParts): Generator<PathParts> {
  yield parts;
  const { own, rest } = parts;
  if (own.mark?.startsWith('@') !== true) return;
  for (let dot = rest.indexOf('.', 1); dot !== -1; dot = rest.indexOf('.', dot + 1)) {
    yield { ...parts, own: { ...own, mark: own.mark + rest.slice(0, dot) }, rest: rest.slice(dot) };
  }
  yield { ...parts, own: { ...own, mark: own.mark + rest }, rest: '' };
}

function inJob(called: CalledJob, { callers, own, rest }: PathParts): FoundTarget | undefined {
  const job = [...callers, own];
  if (rest === '') return { target: { job }, called };
  const path = rest.slice(1);
  const whole = stepAt(called, path);
  if (whole !== undefined) return { ...whole, target: { job, step: whole.parts }, called };
  const property = /^(?<step>.+)\.(?:(?<kind>payload|takes)|outputs\.(?<output>[^.]+))$/u.exec(path)?.groups;
  const holder = property?.['step'] === undefined ? undefined : stepAt(called, property['step']);
  if (holder === undefined || property === undefined) return undefined;
  const name = property['output'];
  return {
    ...holder,
    target: { job, step: holder.parts },
    called,
    property:
      name === undefined ? { kind: property['kind'] === 'takes' ? 'takes' : 'payload' } : { kind: 'outputs', name },
  };
}

function stepAt(
  { job }: CalledJob,
  path: string,
): { readonly step: PlannedStep; readonly parts: readonly StepPart[] } | undefined {
  const step = stepOfKey(job, path);
  const exact = step ?? stepInOtherCase(job, path);
  if (exact === undefined) return undefined;
  const parts = path.split('.').map((part): StepPart => {
    const match = /^(.*)\[(\d+)\]$/u.exec(part);
    return match === null ? { key: part } : { key: match[1] ?? '', iteration: Number(match[2]) };
  });
  return { step: exact, parts };
}

/** Ids of steps don't tell letter case apart. */
function stepInOtherCase(job: CalledJob['job'], path: string): PlannedStep | undefined {
  const plain = path.replaceAll(/\[\d+\](?=\.|$)/gu, '').toLowerCase();
  return [...allSteps(job)].find(({ key }) => key.toLowerCase() === plain)?.step;
}

function unknownJob(plan: Plan, key: string): WaterflowError {
  const names = Array.from(allJobs(plan), (job) => job.key);
  return scriptError(`there is no job \`${key}\``, suggest(key, names));
}

function unknownStep({ key, job }: CalledJob, path: string): WaterflowError {
  const keys = Array.from(allSteps(job), (step) => step.key);
  const rest = job.calls === undefined ? '' : `It calls a workflow; name a job of that, as \`${key} / JOB\`. `;
  const wanted = path.replaceAll(/\[\d+\](?=\.|$)/gu, '').replace(/\.(?:outputs\..*|payload|takes)$/u, '');
  return scriptError(`the job \`${key}\` has no step \`${wanted}\``, `${rest}${suggest(wanted, keys)}`);
}
