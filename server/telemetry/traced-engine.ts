import type { Engine, RunHandle, RunNotice } from '../../engine/port.ts';
import type { RunId } from '../../schemas/index.ts';
import { formatTraceParent, parseTraceParent, type TraceParent } from '../trace.ts';
import { type Span, type Spans, spanIdOf, traceIdOf } from './span.ts';

/** What is known of a run's trace. */
export interface TracedRun {
  readonly tenant: string;
  readonly traceparent?: string;
}

/** What tells of runs and steps. */
export interface TracedEngineParts {
  readonly spans: Spans;
  /** Of a run that there is. */
  readonly runOf: (run: RunId) => Promise<TracedRun | undefined>;
}

/** The span that a run is to be, as its steps name it: known before it has ended, and on whichever server that is. */
export function runTraceParent(run: string, traceparent: string | undefined): string {
  return formatTraceParent(runContext(run, parseTraceParent(traceparent)));
}

/** An engine of whose runs and steps spans are made. */
export function tracedEngine(engine: Engine, parts: TracedEngineParts): Engine {
  const traced = async (starting: Promise<RunHandle>): Promise<RunHandle> => {
    const handle = await starting;
    return tracedHandle(handle, traceOf(handle.run, parts), parts.spans);
  };
  return {
    ...(engine.seal === undefined ? {} : { seal: engine.seal }),
    start: (request) => traced(engine.start(request)),
    resume: (run, secrets, options) => traced(engine.resume(run, secrets, options)),
    giveSecrets: (run, secrets) => engine.giveSecrets(run, secrets),
    rerun: (run, request) => traced(engine.rerun(run, request)),
    operate: (run, operation) => engine.operate(run, operation),
    info: (run) => engine.info(run),
    inspect: (run) => engine.inspect(run),
    list: () => engine.list(),
    remove: (run, options) => engine.remove(run, options),
    readings: engine.readings,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

interface RunTrace {
  readonly context: TraceParent;
  /** The span of the request that started it; a run of a schedule is the first of its trace. */
  readonly parent?: string;
  readonly tenant: string;
  /** When it began, or this server went on with it; ms since the epoch. */
  readonly from?: number;
}

/** Undefined where nothing can be known of a run's trace: it goes on in any case. */
async function traceOf(run: RunId, { runOf }: TracedEngineParts): Promise<RunTrace | undefined> {
  try {
    const row = await runOf(run);
    const parent = parseTraceParent(row?.traceparent);
    if (row === undefined) return undefined;
    const { tenant } = row;
    return { context: runContext(run, parent), tenant, ...(parent === undefined ? {} : { parent: parent.parent }) };
  } catch {
    return undefined;
  }
}

function runContext(run: string, parent: TraceParent | undefined): TraceParent {
  const trace = parent ?? { trace: traceIdOf(run), sampled: true };
  return { ...trace, parent: spanIdOf(run) };
}

function tracedHandle(handle: RunHandle, trace: Promise<RunTrace | undefined>, spans: Spans): RunHandle {
  return {
    run: handle.run,
    plan: handle.plan,
    notices: tracedNotices(handle, trace, spans),
    cancel: (reason) => handle.cancel(reason),
    kill: () => handle.kill(),
    operate: (operation) => handle.operate(operation),
    finished: handle.finished,
  };
}

async function* tracedNotices(
  { notices, plan }: RunHandle,
  tracing: Promise<RunTrace | undefined>,
  spans: Spans,
): AsyncGenerator<RunNotice, void, undefined> {
  let trace = await tracing;
  for await (const notice of notices) {
    if (trace !== undefined && notice.type === 'run_started') trace = attemptTrace(trace, notice);
    if (trace !== undefined && notice.type === 'step_finished') spans.ended(stepSpan(notice, trace));
    if (trace !== undefined && notice.type === 'summary') spans.ended(runSpan(notice, { trace, workflow: plan.name }));
    yield notice;
  }
}

/** Another attempt of a run is another span of the same trace. */
function attemptTrace(
  trace: RunTrace,
  { run, attempt, at }: { readonly run: string; readonly attempt: number; readonly at: string },
): RunTrace {
  const parent = attempt === 1 ? spanIdOf(run) : spanIdOf(run, String(attempt));
  return { ...trace, context: { ...trace.context, parent }, from: Date.parse(at) };
}

function stepSpan(notice: Extract<RunNotice, { type: 'step_finished' }>, { context, tenant }: RunTrace): Span {
  const { run, job, step, attempts, conclusion, error } = notice;
  const to = Date.parse(notice.at);
  return {
    context: { ...context, parent: spanIdOf(run, job, step, notice.at) },
    parent: context.parent,
    name: `step ${job}/${step}`,
    kind: 'internal',
    from: to - notice.duration_ms,
    to,
    attributes: {
      'waterflow.run.id': run,
      'waterflow.tenant': tenant,
      'waterflow.job': job,
      'waterflow.step': step,
      'waterflow.attempts': attempts,
      'waterflow.conclusion': conclusion,
      ...(error === undefined ? {} : { 'error.type': error.code }),
    },
    failed: conclusion === 'failure',
  };
}

function runSpan(
  { run, at, name, status, attempt, duration_ms, error }: Extract<RunNotice, { type: 'summary' }>,
  { trace, workflow }: { readonly trace: RunTrace; readonly workflow: string },
): Span {
  const to = Date.parse(at);
  return {
    context: trace.context,
    ...(trace.parent === undefined ? {} : { parent: trace.parent }),
    name: `run ${workflow}`,
    kind: 'internal',
    from: trace.from ?? to - duration_ms,
    to,
    attributes: {
      'waterflow.run.id': run,
      'waterflow.run.name': name,
      'waterflow.run.attempt': attempt,
      'waterflow.run.status': status,
      'waterflow.tenant': trace.tenant,
      ...(error === undefined ? {} : { 'error.type': error.code }),
    },
    failed: status === 'failure',
  };
}
