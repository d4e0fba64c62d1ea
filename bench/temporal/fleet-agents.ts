// Several agents in one process, each with a connection of its own, which share the sandboxes. Arguments: the address of Temporal, a folder,
// the policy, the folder of plugins, the queue, then the agents' names. Prints `ready`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createQuotas } from '../../agent/quotas/index.ts';
import { newSession } from '../../agent/worker/protocol.ts';
import { startAgent } from '../../agent/worker/worker.ts';
import { openExecutor, thisRunner } from '../../cli/composition/agent.ts';
import { openPlugins } from '../../cli/composition/plugins.ts';
import { names } from '../../engine/temporal/protocol.ts';
import { createSupervisor } from '../../runtime/supervisor/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { benchTerminal } from '../agent.ts';

const [address = '', folder = '', policy = '', pluginDir = '', queue = '', ...agents] = process.argv.slice(2);
const heartbeatMs = 500;

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
const terminal = benchTerminal(folder);
const withPlugins = { ...terminal, env: { ...terminal.env, PLUGIN_DIR: pluginDir } };
const supervisor = await createSupervisor({});
const quotas = createQuotas();
const plugins = openPlugins(withPlugins, []);
const identities = await Promise.all(
  plugins.listed
    .filter(({ description }) => description.runtime !== 'control')
    .map(async ({ name, version }) => await plugins.resolve(`${name}@${version}`, undefined)),
);

await Promise.all(agents.map(start));
process.stdout.write('ready\n');

async function start(name: string): Promise<void> {
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection });
  // Below an absolute folder.
  const state = join(folder, name) as AbsolutePath;
  mkdirSync(state, { recursive: true });
  const runner = { ...thisRunner(), name };
  const startedAt = Date.now();
  await startAgent({
    connection,
    client,
    namespace: 'default',
    report: {
      name,
      session: newSession(startedAt, name),
      version: '0.0.0',
      os: runner.os,
      arch: runner.arch,
      labels: [],
      confinement: supervisor.level,
      queues: { [queue]: 1 },
      plugins: identities.flatMap((one) => ('plugin' in one ? [one.plugin.identity] : [])),
      started_at: startedAt,
    },
    engineQueue: names.engineQueue,
    graceMs: 0,
    heartbeatMs,
    openExecutor: async ({ run }) =>
      openExecutor(withPlugins, {
        state,
        runFolder: join(state, run),
        policy,
        plugins,
        workflowFolder: undefined,
        secretsNow: () => ({}),
        supervisor,
        quotas,
        runner,
        slots: 1,
      }),
    ship: () => ({ log: () => {}, onHostCall: () => {} }),
  });
}
