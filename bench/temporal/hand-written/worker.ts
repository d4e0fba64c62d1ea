// A plain worker for each of its queues, in a process of its own. Arguments: the address of Temporal; what it does: `workflows` (and
// activities), `activities`, or `machines`, activities over a connection for each queue; then its queues. Prints `ready`.
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { activities } from './activities.ts';

const [address = '', does = '', ...queues] = process.argv.slice(2);

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
// This is run as ./build.ts makes it.
const workflows = { workflowBundle: { codePath: fileURLToPath(new URL('./workflows.cjs', import.meta.url)) } };
const shared = await NativeConnection.connect({ address });
const workers = await Promise.all(
  queues.map(async (taskQueue) => {
    const connection = does === 'machines' ? await NativeConnection.connect({ address }) : shared;
    return await Worker.create({
      connection,
      taskQueue,
      activities: { ...activities },
      ...(does === 'workflows' ? workflows : {}),
    });
  }),
);
process.stdout.write('ready\n');
await Promise.all(workers.map((worker) => worker.run()));
