import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FromGenerator, LoadResults, LoadTask } from './tasks.ts';

/** What is told while a load goes on. */
export interface LoadListener {
  readonly connected?: () => void;
  /** So many requests are answered. */
  readonly done?: (count: number) => void;
}

/** Has a process of its own make a load; what it measured. */
export async function generate<Kind extends LoadTask['kind']>(
  task: Extract<LoadTask, { readonly kind: Kind }>,
  listener: LoadListener = {},
): Promise<LoadResults[Kind]> {
  const child = fork(join(import.meta.dirname, 'main.ts'), [], { serialization: 'advanced' });
  const exited = once(child, 'exit');
  let result: LoadResults[Kind] | undefined;
  child.on('message', (message: FromGenerator) => {
    if (message.kind === 'ready') child.send(task);
    if (message.kind === 'connected') listener.connected?.();
    if (message.kind === 'done') listener.done?.(message.count);
    // The generator answers a task with what its kind gives.
    if (message.kind === 'result') result = message.result as LoadResults[Kind];
  });
  await exited;
  if (result === undefined) throw new Error(`the load generator ended with ${child.exitCode} and no result`);
  return result;
}
