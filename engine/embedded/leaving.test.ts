import { expect, it } from 'vitest';
import { overridden } from '../contract/overridden.ts';
import { reach, requestOf, World } from '../contract/world.ts';
import { createEmbeddedEngine } from './engine.ts';
import { embeddedDriver, storeOf } from './testing/driver.ts';

it('keeps what steps write while a process that was told to end leaves its runs', async () => {
  using world = new World();
  const leaving = createEmbeddedEngine({
    store: storeOf(world),
    clock: world.clock,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    openExecutor: async (run) => {
      const executor = await world.openExecutor(run);
      return overridden(executor, {
        async execute(task, io) {
          io.log('stdout', 'before\n');
          const result = await executor.execute(task, io);
          // As a redactor gives on what it held back once a step is over.
          io.log('stdout', 'last words\n');
          return result;
        },
      });
    },
  });
  const handle = await leaving.start(requestOf({ a: { steps: [{ id: 's', with: { hang: true } }] } }));
  handle.finished.catch(() => {});
  await reach(handle, { type: 'log' });
  await leaving[Symbol.asyncDispose]();
  await using engine = embeddedDriver.open(world);
  const texts: string[] = [];
  for await (const { text } of engine.readings.logs(handle.run, 0)) texts.push(text);
  expect(texts).toEqual(['before\n', 'last words\n']);
});
