import { isJsonList, isJsonObject, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { RunDetails } from '../port.ts';
import type { AuditedCall, ExplanationFacts, FactSources, KnownRun, RefusedCallOf } from './facts.ts';
import { readHistory } from './history.ts';

/** Runs of the workflow that are looked at for the last one that succeeded. */
const mostLookedAt = 200;
/** Of them, those that are read whole: a step's past is in them. */
const mostRead = 8;
/** Refused calls that are kept. */
const mostRefused = 500;

/** Reads all that an explanation of a run is made from. RUN_NOT_FOUND where there is none; what else can't be read is a gap. */
export async function gatherFacts(sources: FactSources, id: RunId): Promise<ExplanationFacts> {
  const run = await sources.inspect(id);
  const gaps: string[] = [];
  const history = await readHistory(sources.events(id));
  const refused = await refusedOf(sources, id, gaps);
  const isCompared = run.status === 'failure';
  // Who served a queue before is to be found in the runs before.
  const isLookedBack = isCompared || run.status === 'blocked';
  const past = isLookedBack ? await pastOf(sources, run, gaps) : { earlier: [] };
  const grants = isCompared ? await sources.grants?.(id) : undefined;
  return { run, history, refused, ...past, ...(grants === undefined ? {} : { grants }), gaps };
}

async function refusedOf(sources: FactSources, id: RunId, gaps: string[]): Promise<readonly RefusedCallOf[]> {
  const refused: RefusedCallOf[] = [];
  try {
    for await (const call of sources.hostCalls(id)) {
      if (call.decision === 'allowed' && call.result !== 'denied') continue;
      if (refused.length < mostRefused) refused.push(refusedCallOf(call));
    }
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    gaps.push(`its host calls: ${cause.error.message}`);
  }
  return refused;
}

function refusedCallOf({
  call,
  truncated,
  decision,
  rules,
  reason,
  result,
  facts,
  ...place
}: AuditedCall): RefusedCallOf {
  const { at, job, step, attempt } = place;
  const why = reason ?? facts?.['message'];
  // What shows only while a call is carried out is decided by one of the rules that let it begin.
  const late = result === 'denied' ? facts?.['rule'] : undefined;
  const rule = typeof late === 'string' ? late : rules.join('; ');
  const layer = /^(?:policy|manifest|caller|workflow|job|step)\b/u.exec(rule)?.[0];
  return {
    at,
    job,
    step,
    attempt,
    capability: call.capability,
    operation: call.operation,
    ...askedOf(call, truncated),
    subject: subjectOf(call),
    decision: decision === 'invalid' ? 'invalid' : 'denied',
    ...(typeof why === 'string' ? { reason: why } : {}),
    ...(layer === undefined ? {} : { layer }),
    ...(rule === '' ? {} : { rule }),
  };
}

/** A call that is longer is not asked about again. */
const mostAsked = 2000;

/** The call as `waterflow grants explain --call` takes it. */
function askedOf({ capability, operation, args }: AuditedCall['call'], truncated: boolean | undefined) {
  if (truncated === true) return {};
  const asked = `${capability} ${operation} ${JSON.stringify(args)}`;
  return asked.length > mostAsked ? {} : { asked };
}

const mostSubject = 200;

/** What a call is about, in one line. */
function subjectOf({ capability, args }: AuditedCall['call']): string {
  const members = isJsonObject(args) ? args : {};
  const named = ['url', 'command', 'image', 'host', 'path', 'from', 'key', 'name', 'request', 'to'].flatMap((key) => {
    const value = members[key];
    return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
  });
  const list = members['args'];
  const further = isJsonList(list) ? list.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))) : [];
  const method = typeof members['method'] === 'string' ? members['method'] : 'GET';
  const text = [...(capability === 'net' ? [method] : []), ...named, ...further].join(' ');
  const shown = text === '' ? JSON.stringify(args) : text;
  return shown.length > mostSubject ? `${shown.slice(0, mostSubject - 1)}…` : shown;
}

/** The runs before, of which those that can't be read any more are passed by. */
async function pastOf(
  sources: FactSources,
  run: RunDetails,
  gaps: string[],
): Promise<Pick<ExplanationFacts, 'baseline' | 'earlier'>> {
  const earlier: KnownRun[] = [];
  let baseline: KnownRun | undefined;
  let looked = 0;
  for await (const { run: id, status } of sources.earlier(run)) {
    looked += 1;
    if (looked > mostLookedAt) {
      if (baseline === undefined)
        gaps.push(`runs of the workflow before the newest ${mostLookedAt} were not looked at`);
      break;
    }
    const isWanted =
      status === 'success' ? baseline === undefined || earlier.length < mostRead : earlier.length < mostRead;
    const hasEnded = status === 'success' || status === 'failure' || status === 'cancelled';
    if (!hasEnded || !isWanted) {
      if (baseline !== undefined && earlier.length >= mostRead) break;
      continue;
    }
    const known = await knownRun(sources, id);
    if (known === undefined) continue;
    if (earlier.length < mostRead) earlier.push(known);
    if (status === 'success') baseline ??= known;
  }
  return { earlier, ...(baseline === undefined ? {} : { baseline }) };
}

async function knownRun(sources: FactSources, id: RunId): Promise<KnownRun | undefined> {
  try {
    const run = await sources.inspect(id);
    const { given } = await readHistory(sources.events(id));
    const grants = run.status === 'success' ? await sources.grants?.(id) : undefined;
    return { run, given, ...(grants === undefined ? {} : { grants }) };
  } catch (cause) {
    // It was removed meanwhile, or its record is damaged: that of another run is no reason to say nothing of this one.
    if (cause instanceof WaterflowFailure) return undefined;
    throw cause;
  }
}
