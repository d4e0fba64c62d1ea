import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'winston';
import { openCallCursors } from '../../agent/shipping/call-cursors.ts';
import type { ShippingServer } from '../../agent/shipping/ask-server.ts';
import { createCallShipper } from '../../agent/shipping/call-shipper.ts';
import { appendLine } from '../../agent/shipping/log-file.ts';
import { sendLogsTo } from '../../agent/shipping/send.ts';
import { sendCallsTo } from '../../agent/shipping/send-calls.ts';
import { createShipper, type ShipperParts } from '../../agent/shipping/shipper.ts';
import { openSpool } from '../../agent/shipping/spool.ts';
import { createShippedLog, type LogSink } from '../../agent/shipping/step-log.ts';
import type { ShippedStep } from '../../agent/worker/work.ts';
import type { AbsolutePath, RunId, StepResult, StepTask } from '../../schemas/index.ts';
import type { AgentConfig } from './agent-config.ts';
import { auditFile } from './state.ts';

/** Where the logs of an agent's steps go, and its records of their host calls. */
export interface AgentShipping extends AsyncDisposable {
  ship(task: StepTask): ShippedStep;
  /** The audit log of a run is about to be opened; tells it of each entry, and to dispose of it when the log is closed. */
  record(run: RunId): Disposable & { readonly written: () => void };
}

/** To the server, or where there is none, to files of the agent. */
export function openShipping(
  config: AgentConfig,
  { server, log }: { readonly server: ShippingServer | undefined; readonly log: Logger },
): AgentShipping {
  return server === undefined ? keepHere(config.stateDir, log) : shipTo(server, config, log);
}

/** Of outputs without a server, in bytes: Temporal keeps them, and refuses what is much larger. */
const mostOutputs = 64 * 1024;

function keepHere(stateDir: AbsolutePath, log: Logger): AgentShipping {
  const keeping = keepOrTell(log);
  return {
    ship(task) {
      const folder = join(stateDir, task.run);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, 'log.ndjson');
      const add = (line: string) => keeping(() => appendLine(file, line));
      const { write, flush, tail } = createShippedLog(task, { add, now: Date.now });
      return {
        log: write,
        onHostCall: () => {},
        tail,
        ended: async (result) => {
          flush();
          return withinTemporal(result);
        },
      };
    },
    // The audit log itself stays here.
    record: () => ({ written: () => {}, [Symbol.dispose]: () => {} }),
    [Symbol.asyncDispose]: async () => {},
  };
}

function withinTemporal(result: StepResult): StepResult {
  if (Buffer.byteLength(JSON.stringify(result.outputs)) <= mostOutputs) return result;
  return {
    ...result,
    outcome: 'failure',
    class: 'limit',
    outputs: {},
    error: {
      code: 'OUTPUT_TOO_LARGE',
      message: `the outputs of the step are larger than ${mostOutputs / 1024} KiB, and its agent has no server to keep them`,
      remedy: 'Give the agent WATERFLOW_SERVER_URL and WATERFLOW_AGENT_KEY, or write large results to files.',
    },
  };
}

function shipTo(server: ShippingServer, config: AgentConfig, log: Logger): AgentShipping {
  const { stateDir, spoolBytes: mostBytes, serverWaitMs: waitMs } = config;
  const spool = openSpool(join(stateDir, 'spool.sqlite') as AbsolutePath, { mostBytes }); // The folder is absolute.
  const shipper = createShipper({
    spool,
    send: sendLogsTo(server),
    waitMs,
    onState: tellOnce(server, log, 'logs'),
    onRefused: ({ run, lines }, reason) => {
      log.error('the server refused a part of a log, which is lost', { run, parts: lines.length, reason });
    },
  });
  const cursors = openCallCursors(join(stateDir, 'calls.sqlite') as AbsolutePath); // As above.
  const calls = createCallShipper({
    cursors,
    auditFileOf: (run) => auditFile(join(stateDir, run)),
    send: sendCallsTo(server, { agent: config.name }),
    onState: tellOnce(server, log, 'host calls'),
    onRefused: (run, reason) => {
      log.error('the server does not have all host calls of a run; the audit log here does', { run, reason });
    },
  });
  const keeping = keepOrTell(log);
  const addTo =
    (run: RunId, taken: { last: number }): LogSink['add'] =>
    (line) => {
      let id: number | undefined;
      const kept = keeping(() => {
        id = spool.add(run, line);
      });
      if (kept !== 'kept') return kept;
      if (id === undefined) return 'no room in the spool';
      taken.last = id;
      shipper.wake();
      return 'kept';
    };
  return {
    ship(task) {
      const taken = { last: 0 };
      const { write, flush } = createShippedLog(task, { add: addTo(task.run, taken), now: Date.now });
      return {
        log: write,
        onHostCall: () => {},
        ended: async (result) => {
          flush();
          // Its host calls come a moment later: they are safe here, and a wait for each step would cost more than that is worth.
          if ((await shipper.settled(taken.last)) === 'unreached') {
            log.warn('a step ended before the server had its log', { run: task.run, job: task.job, step: task.step });
          }
          return result;
        },
      };
    },
    record(run) {
      calls.follow(run);
      return { written: () => calls.wake(run), [Symbol.dispose]: () => calls.leave(run) };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([shipper[Symbol.asyncDispose](), calls[Symbol.asyncDispose]()]);
      spool[Symbol.dispose]();
      cursors[Symbol.dispose]();
    },
  };
}

/** Says once that the server stopped taking something, and once that it takes it again. */
function tellOnce({ url }: ShippingServer, log: Logger, what: string): ShipperParts['onState'] {
  let isReached = true;
  return ({ reached, reason }) => {
    if (reached === isReached) return;
    isReached = reached;
    if (reached) log.info(`the server takes ${what} again`, { server: url });
    else log.warn(`the server takes no ${what}; they are kept until it does`, { server: url, reason });
  };
}

/** A disk may have room for a short line and not for a long one, again and again. */
const tellMs = 60_000;

/** Says now and then that logs can't be kept: a step goes on without its log, in which stands what is missing. */
function keepOrTell(log: Logger): (keep: () => void) => 'kept' | 'no room on the disk' {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (keep) => {
    try {
      keep();
      return 'kept';
    } catch (cause) {
      const now = performance.now();
      if (now - toldAt >= tellMs) {
        log.warn('a part of the log of a step is not kept: the disk takes nothing', { reason: String(cause) });
        toldAt = now;
      }
      return 'no room on the disk';
    }
  };
}
