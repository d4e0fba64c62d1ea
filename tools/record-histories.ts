// `npm run record-histories`: records anew what engine/temporal/replay.test.ts replays; `-- jobs groups` only those. When that may be done is
// in CONTRIBUTING.md. Needs Temporal's command on the PATH, or named in WATERFLOW_TEMPORAL.
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { record } from '../engine/temporal/testing/histories/record.ts';
import { scenarios } from '../engine/temporal/testing/histories/scenarios.ts';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { bundleWorkflows } from '../engine/temporal/worker.ts';

const chosen = process.argv.slice(2);
const played = scenarios.filter(({ name }) => chosen.length === 0 || chosen.includes(name));
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
const workflows = await bundleWorkflows();
await using temporal = await startTemporal({ namespaces: played.map(({ name }) => name) });
for (const scenario of played) {
  const count = await record(scenario, { address: temporal.address, namespace: scenario.name, workflows });
  process.stdout.write(`${scenario.name}: ${count} histories\n`);
}
