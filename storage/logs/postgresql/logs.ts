import type { RunId } from '../../../schemas/index.ts';
import { openPostgresqlSession } from '../../records/postgresql/session.ts';
import type { Session } from '../../records/session.ts';
import { type Operation, sql } from '../../records/sql.ts';
import type { ShippedLogs } from '../port.ts';
import { Watchers } from '../watchers.ts';
import { append } from './append.ts';
import { watchOthers } from './others.ts';
import { readPages } from './read.ts';
import { skimPages } from './skim.ts';
import { logMigrations, logsHistory } from './schema.ts';

/** Beside those of the records. */
const connections = 5;
/** So that a log of gigabytes keeps nobody waiting. */
const removedAtOnce = 2_000;

/** Tables that several servers share. What one has written, the others see. */
export async function openPostgresqlLogs(options: {
  readonly url: string;
  readonly limitBytes: number;
  readonly now: () => number;
}): Promise<ShippedLogs> {
  const { limitBytes } = options;
  const session = await openPostgresqlSession({
    ...options,
    migrations: logMigrations,
    history: logsHistory,
    connections,
  });
  const watchers = new Watchers();
  const others = watchOthers(session, watchers);
  return {
    async append(run, segments) {
      const shipped = await session.write('keep logs of an agent', () => append(run, segments, limitBytes));
      watchers.tell(run);
      return shipped;
    },
    read: (run, after) => readPages(session, run, after),
    skim: (run, after) => skimPages(session, run, after),
    watch: (run, changed) => others.watch(run, changed),
    remove: (run) => removeAll(session, run),
    async [Symbol.asyncDispose]() {
      others.close();
      await session[Symbol.asyncDispose]();
    },
  };
}

async function removeAll(session: Session, run: RunId): Promise<void> {
  const doing = 'remove logs of an agent';
  while ((await session.write(doing, () => removeSome(run))) > 0);
  await session.write(doing, function* () {
    yield sql`DELETE FROM shipped_runs WHERE run = ${run}`;
    yield sql`DELETE FROM shipped_attempts WHERE run = ${run}`;
    yield sql`DELETE FROM shipped_segments WHERE run = ${run}`;
  });
}

/** The number of those that were removed. */
function* removeSome(run: RunId): Operation<number> {
  const removed = yield sql`DELETE FROM shipped_segments WHERE run = ${run} AND position < (
      SELECT min(position) FROM shipped_segments WHERE run = ${run}
    ) + ${removedAtOnce} RETURNING position`;
  return removed.length;
}
