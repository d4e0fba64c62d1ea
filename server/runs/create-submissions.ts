import type { Logger } from 'winston';
import type { NodeCatalogue } from '../../dsl/api.ts';
import type { Engine } from '../../engine/port.ts';
import type { Digest, JsonObject, RunId, WaterflowError } from '../../schemas/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { createRunIds } from '../../storage/index.ts';
import type { Records, RunRow } from '../../storage/records/port.ts';
import type { ServerConfig, ServerLimits } from '../config.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ServerClock } from '../parts.ts';
import { takeRows } from './arrivals.ts';
import { awaitEnd } from './await-end.ts';
import { createCompileThread } from './compile-thread.ts';
import { createCompiler } from './compiler.ts';
import { Dispatcher } from './dispatcher.ts';
import { hasCode, needsNoSecrets, notEnded, runEnded, runNotFound } from './failures.ts';
import { HeldSecrets } from './held-secrets.ts';
import { endLostRuns } from './lost-runs.ts';
import { notGivenAgain } from './missing-secrets.ts';
import { operateRun } from './operate-run.ts';
import { createPlans, type Plans } from './plans.ts';
import { prepareRun, sealedRun } from './prepare.ts';
import { rerunRequest } from './rerun-request.ts';
import { keepRecords } from './retention.ts';
import { supplySecrets, takeRepeated } from './returned-secrets.ts';
import type { SharedEngine } from './shared-engine.ts';
import { createSources } from './sources.ts';
import type { NewRun, PreparedRun, Submissions } from './submissions.ts';

/** What submissions are made of. */
export interface SubmissionParts {
  readonly config: Pick<ServerConfig, 'activeRuns' | 'keepRunsMs' | 'keepCallsMs'> & {
    readonly limits: Pick<ServerLimits, 'queuedRuns'>;
  };
  readonly engine: Engine;
  readonly records: Records;
  /** Checks `uses:` of submitted files. */
  readonly nodes: NodeCatalogue;
  /** Before they are asked: they may have come or gone. Never rejects. */
  readonly renewNodes?: () => Promise<void>;
  /** What they are found in: others as soon as there may be other nodes. */
  readonly nodesFrom: () => readonly object[];
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: ServerClock;
  /** Unguessable bytes, for run ids. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** What a run's engine keeps for its executor: the terms under which it is resumed. */
  readonly settingsOf: (row: RunRow) => JsonObject;
  /** Other servers hand runs to the engine, too. */
  readonly shared?: SharedEngine;
  /** Removes what is kept of an old run outside of the engine and the records. */
  readonly removeRest?: (run: RunId) => Promise<void>;
  /** Why secrets can't be kept out of logs, undefined where they can. */
  readonly secretsProblem: (secrets: Readonly<Record<string, string>>) => WaterflowError | undefined;
}

/** Submissions over records and an engine. Nothing is taken from the records before `begin`. */
export function createSubmissions(parts: SubmissionParts): Submissions {
  const { config, engine, records, metrics, clock, log, shared } = parts;
  const { runs: rows } = records;
  const thread = createCompileThread({
    catalogue: parts.nodes,
    clock,
    shed: () => metrics.shed({ reason: 'workflows' }),
  });
  metrics.gauge('waterflow_workflows_waiting', 'Workflows that wait to be read.', () => thread.waiting);
  const read = createCompiler({ thread, clock, nodesFrom: parts.nodesFrom });
  const plans = createPlans(rows);
  const sources = createSources(records.sources);
  const secrets = new HeldSecrets(parts.randomBytes);
  const dispatcher = new Dispatcher({ ...parts, ...config, rows, plans, secrets });
  const nextRun = createRunIds({ now: () => clock.now(), randomBytes: parts.randomBytes });
  const closing = new DisposableStack();

  const prepare = async (run: NewRun): Promise<PreparedRun> => {
    const plan = await plans.get(run.plan);
    const { secretsProblem } = parts;
    const prepared = await prepareRun(run, { plan, thread, nextRun, now: clock.now(), secretsProblem });
    return sealedRun(prepared, { engine, plan, secrets: run.secrets });
  };
  const refuseSecrets = (given: Readonly<Record<string, string>>): void => {
    const problem = parts.secretsProblem(given);
    if (problem !== undefined) throw new WaterflowFailure(problem);
  };
  const rowOf = async (run: RunId): Promise<RunRow> => {
    const row = await rows.get(run);
    if (row === undefined) throw runNotFound(run);
    return row;
  };
  const settled = async (run: RunId): Promise<void> => {
    await dispatcher.settled(run);
    if (shared !== undefined) await awaitEnd(run, { rows, engine, clock });
  };
  /** The engine knows first that a run has ended. */
  const endedRow = async (run: RunId): Promise<RunRow> => {
    const row = await rowOf(run);
    if (row.ended_at === undefined) {
      if (row.status === 'accepted' || (await engine.info(run)).ended_at === undefined) throw notEnded(run);
    }
    await settled(run);
    return rowOf(run);
  };
  const accepted = (row: RunRow): void => {
    metrics.runSubmitted({ tenant: row.tenant, origin: row.origin.kind });
    dispatcher.enqueue({ run: row.run, tenant: row.tenant, kind: 'start' });
  };

  return {
    async compile(tenant, source) {
      await parts.renewNodes?.();
      const compiled = await read(tenant, source);
      const { plan, diagnostics } = compiled;
      if (plan === undefined) return { diagnostics };
      const [kept] = await Promise.all([sources.put(source), plans.put(plan.digest, plan.content)]);
      return { plan: { ...plan, source: kept }, diagnostics };
    },
    prepare,
    requireRoom: (tenant) => dispatcher.requireRoom(tenant),
    async submit(run, claim) {
      dispatcher.requireRoom(run.tenant);
      const prepared = await prepare(run);
      if (prepared.kind === 'invalid') return prepared;
      const { row } = prepared;
      if (row.request.sealed === undefined) secrets.hold(row.run, run.secrets);
      const claimed = claim === undefined ? undefined : { ...claim, answer: claim.answer(row.run) };
      const submitted = await secrets.forgetOnFailure(row.run, () =>
        keepingPlan(plans, run.plan, () => rows.submit(row, claimed)),
      );
      if (submitted.kind !== 'created') {
        secrets.forget(row.run);
        return submitted;
      }
      accepted(row);
      return { kind: 'created', run: row.run };
    },
    written(row, given = {}) {
      if (row.request.sealed === undefined) secrets.hold(row.run, given);
      accepted(row);
    },
    async operate(run, operation) {
      const row = await rowOf(run);
      if (row.ended_at !== undefined) throw runEnded(run);
      await dispatcher.taken(run);
      return operateRun(operation, { row: await rowOf(run), dispatcher, rows, engine, clock, shared });
    },
    async rerun(run, again) {
      const row = await endedRow(run);
      const missing = row.request.secrets.filter((name) => !Object.hasOwn(again.secrets, name));
      if (missing.length > 0) {
        return { kind: 'invalid', diagnostics: notGivenAgain(await plans.get(row.request.plan), missing) };
      }
      refuseSecrets(again.secrets);
      const request = await rerunRequest(row, again, { engine, thread });
      if ('errors' in request) return { kind: 'invalid', diagnostics: request.errors };
      await dispatcher.rerun(row, request);
      return { kind: 'started' };
    },
    settled,
    async supplySecrets(run, given) {
      const row = await rowOf(run);
      if (row.ended_at !== undefined) throw runEnded(run);
      if (row.request.sealed !== undefined) throw needsNoSecrets(run);
      await supplySecrets(row, given, { ...parts, rows, dispatcher, secrets });
    },
    lackingSecrets: ({ run, ended_at, request }) =>
      ended_at === undefined && request.sealed === undefined ? secrets.missing(run, request.secrets) : [],
    async repeatedWith(run, given) {
      const row = await rows.get(run);
      if (row?.request.sealed !== undefined) return true;
      return row === undefined || takeRepeated(row, given, { ...parts, rows, dispatcher, secrets });
    },
    rest: () => thread.rest(),
    async begin() {
      thread.warm();
      closing.use(await takeRows({ rows, dispatcher, clock, log, ...(shared === undefined ? {} : { shared }) }));
      if (shared !== undefined) closing.use(endLostRuns({ rows, shared, clock, log }));
      closing.use(keepRecords({ ...parts, ...config, rows, calls: records.calls, plans, sources }));
    },
    async [Symbol.asyncDispose]() {
      dispatcher.close();
      closing.dispose();
      await thread[Symbol.asyncDispose]();
    },
  };
}

/** The plan may have gone since it was read, with the last run that had it: it is kept again then. */
async function keepingPlan<Result>(plans: Plans, plan: Digest, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    if (!hasCode(cause, 'NOT_FOUND')) throw cause;
    plans.doubt();
    await plans.get(plan);
    return write();
  }
}
