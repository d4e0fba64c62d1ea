/** The load generator: takes one task from the process that started it, and ends when it has answered. */
import { assertNever } from '../../../schemas/index.ts';
import { closedLoop } from './closed-loop.ts';
import { download } from './download.ts';
import { follow } from './follow.ts';
import { openLoop } from './open-loop.ts';
import type { FromGenerator, LoadResults, LoadTask } from './tasks.ts';

const tell = (message: FromGenerator): Promise<void> =>
  new Promise((resolve) => void process.send?.(message, () => resolve()));

process.once('message', (task: LoadTask) => void answer(task));
await tell({ kind: 'ready' });

async function answer(task: LoadTask): Promise<void> {
  await tell({ kind: 'result', result: await carryOut(task) });
  process.disconnect();
}

function carryOut(task: LoadTask): Promise<LoadResults[LoadTask['kind']]> {
  switch (task.kind) {
    case 'open-loop':
      return openLoop(task);
    case 'closed-loop':
      return closedLoop(task, (count) => void tell({ kind: 'done', count }));
    case 'follow':
      return follow(task, () => void tell({ kind: 'connected' }));
    case 'download':
      return download(task);
    default:
      return assertNever(task);
  }
}
