import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'winston';
import { createShippedLog } from '../../agent/shipping/step-log.ts';
import { sendLogsTo } from '../../agent/shipping/send.ts';
import { createShipper } from '../../agent/shipping/shipper.ts';
import { openSpool } from '../../agent/shipping/spool.ts';
import type { ShippedStep } from '../../agent/worker/work.ts';
import type { AbsolutePath, RunId, StepResult, StepTask } from '../../schemas/index.ts';
import type { AgentConfig, ShippingSettings } from './agent-config.ts';

/** Where the logs of an agent's steps go. */
export interface AgentShipping extends AsyncDisposable {
  ship(task: StepTask): ShippedStep;
}

/** To the server, or where there is none, to files of the agent. */
export function openShipping(config: AgentConfig, log: Logger): AgentShipping {
  return config.server === undefined ? keepHere(config.stateDir) : shipTo(config.server, config, log);
}

/** Of outputs without a server, in bytes: Temporal keeps them, and refuses what is much larger. */
const mostOutputs = 64 * 1024;

function keepHere(stateDir: AbsolutePath): AgentShipping {
  return {
    ship(task) {
      const folder = join(stateDir, task.run);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, 'log.ndjson');
      const add = (line: string): boolean => {
        appendFileSync(file, `${line}\n`, { mode: 0o600 });
        return true;
      };
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

function shipTo(server: ShippingSettings, config: AgentConfig, log: Logger): AgentShipping {
  const { stateDir, spoolBytes: mostBytes, serverWaitMs: waitMs } = config;
  const spool = openSpool(join(stateDir, 'spool.sqlite') as AbsolutePath, { mostBytes }); // The folder is absolute.
  let isReached = true;
  const shipper = createShipper({
    spool,
    send: sendLogsTo(server),
    waitMs,
    onState: ({ reached, reason }) => {
      if (reached === isReached) return;
      isReached = reached;
      if (reached) log.info('the server takes logs again', { server: server.url });
      else log.warn('the server takes no logs; they are kept until it does', { server: server.url, reason });
    },
    onRefused: ({ run, lines }, reason) => {
      log.error('the server refused a part of a log, which is lost', { run, parts: lines.length, reason });
    },
  });
  const addTo = (run: RunId, taken: { last: number }) => (line: string) => {
    const id = spool.add(run, line);
    if (id === undefined) return false;
    taken.last = id;
    shipper.wake();
    return true;
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
          if ((await shipper.settled(taken.last)) === 'unreached') {
            log.warn('a step ended before the server had its log', { run: task.run, job: task.job, step: task.step });
          }
          return result;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await shipper[Symbol.asyncDispose]();
      spool[Symbol.dispose]();
    },
  };
}
