import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { WaterflowFailure } from '../../schemas/index.ts';
import { createKeyHasher } from '../../server/auth/key-hash.ts';
import { issueKey } from '../../server/auth/keys.ts';
import type { RunningServer } from '../composition/server.ts';
import type { ServerTemporalSettings } from '../composition/temporal-config.ts';
import { packageRoot } from '../package-root.ts';
import type { Terminal } from '../terminal.ts';
import { startChild } from './children.ts';

/** A development server of Temporal, which keeps what it has from one start to the next. */
export interface DevTemporal extends AsyncDisposable {
  readonly settings: ServerTemporalSettings;
}

const install =
  "Install Temporal's command (https://docs.temporal.io/cli), and have it on the PATH, or name it in WATERFLOW_TEMPORAL.";

/** Starts one. The server looks for it until it answers. USAGE where there is no such command. */
export async function startDevTemporal({ env }: Terminal, state: string): Promise<DevTemporal> {
  const port = await freePort();
  const argv = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', `${port}`, '--log-level', 'error'];
  // It takes 50 ms to hand on a task by default, and 1 s to continue as new.
  const dynamic = ['history.transferProcessorMaxPollRPS=2000', 'history.workflowIdReuseMinimalInterval="0s"'];
  const child = await startChild(
    env['WATERFLOW_TEMPORAL'] ?? 'temporal',
    [
      ...argv,
      '--db-filename',
      join(state, 'temporal.db'),
      '--sqlite-pragma',
      'journal_mode=wal',
      ...dynamic.flatMap((setting) => ['--dynamic-config-value', setting]),
    ],
    { env, remedy: install },
  );
  return {
    settings: { host: `127.0.0.1:${port}`, namespace: 'default', queueKeys: {} },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** Starts an agent on the queue `local`, which ships to the server. */
export async function startDevAgent(
  { env, now }: Terminal,
  parts: {
    readonly server: RunningServer;
    readonly temporal: DevTemporal;
    readonly state: string;
    readonly policy: string;
  },
): Promise<AsyncDisposable> {
  const { server, temporal, state, policy } = parts;
  const { keys } = server.parts.records;
  const key = { name: `agent of waterflow dev, ${new Date(now()).toISOString()}`, tenant: '*', role: 'agent' } as const;
  const { text } = await issueKey({ ...key, lifetimeMs: keyMs }, { keys, hasher: createKeyHasher(), now });
  const launcher = join(packageRoot(import.meta.url), 'bin', 'waterflow');
  const { host, namespace } = temporal.settings;
  return await startChild(
    process.execPath,
    [launcher, 'agent', '--name', 'dev', '--task-queues', 'local', '--state', join(state, 'agent'), '--policy', policy],
    {
      env: {
        ...env,
        TEMPORAL_HOST: host,
        TEMPORAL_NAMESPACE: namespace,
        WATERFLOW_SERVER_URL: server.url,
        WATERFLOW_AGENT_KEY: text,
      },
      remedy: 'Install waterflow anew: its launcher is not there.',
    },
  );
}

const keyMs = 30 * 24 * 60 * 60 * 1000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address !== null && typeof address !== 'string') return address.port;
  throw new WaterflowFailure({ code: 'USAGE', message: 'there is no free port', remedy: 'End what uses them.' });
}
