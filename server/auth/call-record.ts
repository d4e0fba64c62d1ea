import type { Logger } from 'winston';
import type { CallRow, Records } from '../../storage/records/port.ts';
import type { ServerClock } from '../parts.ts';

/** Keeps the record of API calls. */
export interface CallRecorder extends AsyncDisposable {
  /** Writes a call soon, with others. Never throws and is never waited for. */
  record(call: CallRow): void;
}

/** Calls of so long are written together; as many may be lost with the process, never with a shutdown. */
const gatherMs = 100;
const retryMs = 1_000;
/** One transaction. */
const mostAtOnce = 500;
/** Some minutes of a busy server whose database is away; about 10 MB. */
const mostWaiting = 20_000;
/** At a shutdown a database that is away isn't waited for for long. */
const lastAttempts = 3;
/** What comes from outside is cut: a record can't be made large. In UTF-16 code units. */
const longestText = 300;

const realAfter: ServerClock['after'] = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Writes calls into the records, some at a time. Where they can't be written they wait, and those beyond a bound are counted and logged. */
export function createCallRecorder(
  records: Pick<Records, 'calls'>,
  log: Pick<Logger, 'error'>,
  { after }: Pick<ServerClock, 'after'> = { after: realAfter },
): CallRecorder {
  const waiting: CallRow[] = [];
  let dropped = 0;
  let cancelTimer: (() => void) | undefined;
  let writing: Promise<boolean> | undefined;
  let ended = false;

  /** False where the records couldn't be written. */
  const writeBatch = async (): Promise<boolean> => {
    const batch = waiting.slice(0, mostAtOnce);
    try {
      await records.calls.add(batch);
      waiting.splice(0, batch.length);
      return true;
    } catch (cause) {
      log.error('the record of API calls could not be written', { calls: waiting.length, cause });
      return false;
    }
  };
  const writeAll = async (): Promise<boolean> => {
    while (waiting.length > 0) if (!(await writeBatch())) return false;
    if (dropped > 0)
      log.error('API calls are missing in the record: too many waited to be written', { calls: dropped });
    dropped = 0;
    return true;
  };
  const write = (): Promise<boolean> => {
    writing ??= writeAll().finally(() => {
      writing = undefined;
    });
    return writing;
  };
  const writeAndGoOn = async (): Promise<void> => {
    const written = await write();
    if (waiting.length > 0) writeAfter(written ? gatherMs : retryMs);
  };
  const writeAfter = (ms: number): void => {
    if (cancelTimer !== undefined || ended) return;
    cancelTimer = after(ms, () => {
      cancelTimer = undefined;
      void writeAndGoOn();
    });
  };
  return {
    record(call) {
      if (waiting.length >= mostWaiting) {
        dropped += 1;
        return;
      }
      waiting.push(bounded(call));
      writeAfter(gatherMs);
    },
    async [Symbol.asyncDispose]() {
      ended = true;
      cancelTimer?.();
      for (let attempt = 0; attempt < lastAttempts && !(await write()); attempt += 1);
      if (waiting.length > 0)
        log.error('API calls are missing in the record: the server has ended', { calls: waiting.length });
    },
  };
}

function bounded(call: CallRow): CallRow {
  const { target } = call;
  return {
    ...call,
    tenant: call.tenant?.slice(0, longestText),
    by: call.by?.slice(0, longestText),
    method: call.method.slice(0, longestText),
    route: call.route.slice(0, longestText),
    ...(target === undefined ? {} : { target: target.slice(0, longestText) }),
    duration_ms: Math.round(call.duration_ms),
    remote: call.remote.slice(0, longestText),
  };
}
