/**
 * The entry of the thread that holds the store's database: syncing a commit to the disk takes milliseconds, in which the agent serves
 * other steps. Started by file.ts with the file's path.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import { createStoreDatabase } from './database.ts';
import { carryOut } from './entries.ts';
import type { FromThread, StoreRequest, ToThread } from './protocol.ts';

// file.ts gives nothing else.
const database = createStoreDatabase(workerData as AbsolutePath);

async function answer(id: number, request: StoreRequest): Promise<FromThread> {
  try {
    return { id, ok: await carryOut(database, request) };
  } catch (cause) {
    const { code, message, remedy } =
      cause instanceof CallFailure ? cause : new CallFailure('FAILED', `the agent's store failed: ${String(cause)}`);
    return { id, failure: { code, message, remedy } };
  }
}

parentPort?.on('message', (message: ToThread) => {
  if (message.id === 'close') {
    database[Symbol.dispose]();
    parentPort?.close();
    return;
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
  void answer(message.id, message.request).then((said) => parentPort?.postMessage(said));
});
