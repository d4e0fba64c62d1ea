import type { FactSources } from '../../engine/explain/index.ts';
import type { RunDetails } from '../../engine/port.ts';
import { type JsonObject, type Plan, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { ServerParts } from '../parts.ts';
import { hasCode } from './failures.ts';
import { shownRun, shownStatus, timeText } from './shown.ts';

type Parts = Pick<ServerParts, 'engine' | 'records' | 'hostCalls'>;

/** Runs of one page while earlier ones are looked for. */
const pageSize = 100;

/** What is on record of a tenant's runs, for explanations of them; `row` is the run that is explained. */
export function serverFacts({ engine, records, hostCalls }: Parts, row: RunRow): FactSources {
  const rowOf = async (run: RunId): Promise<RunRow> => {
    const found = run === row.run ? row : await records.runs.get(run);
    if (found !== undefined) return found;
    throw new WaterflowFailure({ code: 'RUN_NOT_FOUND', message: `there is no run ${run}`, remedy: 'List the runs.' });
  };
  return {
    inspect: async (run) => await inspected({ engine, records }, await rowOf(run)),
    async *events(run) {
      try {
        yield* engine.readings.events(run, 0);
      } catch (cause) {
        // It hasn't begun, or never did.
        if (!hasCode(cause, 'RUN_NOT_FOUND')) throw cause;
      }
    },
    hostCalls,
    async *earlier() {
      const { tenant, workflow, file, created_at } = row;
      const filter = { tenant, name: workflow, created_until: created_at + 1 };
      for (let after: string | undefined; ; ) {
        const page = await records.runs.list(filter, { limit: pageSize, ...(after === undefined ? {} : { after }) });
        for (const other of page.rows) {
          const isBefore = other.run !== row.run && other.created_at <= created_at;
          // The filter finds names with the workflow's in them, too.
          if (isBefore && other.workflow === workflow && other.file === file) {
            yield { run: other.run, status: shownStatus(other.status) };
          }
        }
        if (page.next === undefined) return;
        after = page.next;
      }
    },
  };
}

/** The run as its engine has it; as its row has it where no engine does. */
async function inspected({ engine, records }: Pick<Parts, 'engine' | 'records'>, row: RunRow): Promise<RunDetails> {
  if (row.status !== 'accepted') {
    try {
      const details = await engine.inspect(row.run);
      // A server drives its runs by itself, on Temporal others may. It can't be gone on with, whatever it was at.
      const brokeOff = row.ended_at !== undefined && details.ended_at === undefined;
      return { ...details, driven: true, ...(brokeOff ? endOf(row) : {}) };
    } catch (cause) {
      // It failed before it began.
      if (!hasCode(cause, 'RUN_NOT_FOUND')) throw cause;
    }
  }
  const plan = await records.runs.getPlan(row.request.plan);
  const { run, workflow, file, name, attempt, created_at, request } = row;
  return {
    run,
    workflow,
    file,
    name,
    attempt,
    driven: true,
    created_at: timeText(created_at),
    awaits: [],
    ...endOf(row),
    // Rows are made with a Plan's digest; where it is gone, what is asked of it is answered as of one without jobs.
    plan: (plan ?? { version: 1, name: workflow, file, inputs: {}, jobs: [] }) as unknown as Plan,
    inputs: request.inputs,
    jobs: {},
  };
}

function endOf(row: RunRow): Pick<RunDetails, 'status' | 'ended_at' | 'error'> {
  const error = shownRun(row)['error'] as JsonObject | undefined; // A row's error is one, or there is none.
  return {
    status: shownStatus(row.status),
    ...(row.ended_at === undefined ? {} : { ended_at: timeText(row.ended_at) }),
    // It is a WaterflowError.
    ...(error === undefined ? {} : { error: error as unknown as NonNullable<RunDetails['error']> }),
  };
}
