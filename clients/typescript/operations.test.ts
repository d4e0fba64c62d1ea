import { expect, it } from 'vitest';
import { emptyServer, missingOperations } from '../testing/operations.ts';
import { createClient } from './client.ts';

it('the client in TypeScript has a method for each operation of the API', async () => {
  await using server = await emptyServer();
  const { schedules, webhooks, keys, ...client } = createClient({ url: server.url, retryForMs: 0 });
  for (const part of [client, schedules, webhooks, keys]) {
    for (const method of Object.values(part)) {
      // Whatever it takes: an id or what is sent, in the first place or in the second.
      const call = method as (...values: readonly unknown[]) => unknown;
      const values = { id: 'x', workflow: 'x', body: 'x', secret: 'x' };
      for (const first of ['x', values]) await toItsEnd(call, first, values);
    }
  }
  expect(missingOperations(server.requests)).toEqual([]);
});

/** That the server has nothing is told by errors. */
async function toItsEnd(
  call: (...values: readonly unknown[]) => unknown,
  ...values: readonly unknown[]
): Promise<void> {
  try {
    const begun = await call(...values);
    if (typeof begun !== 'object' || begun === null || !(Symbol.asyncIterator in begun)) return;
    for await (const _ of begun as AsyncIterable<unknown>) break; // Only lists and streams are iterable so.
  } catch {}
}
