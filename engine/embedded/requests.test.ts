import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/index.ts';
import { exampleRecord } from '../../storage/contract/store-contract.ts';
import type { Inbox } from '../../storage/index.ts';
import { overridden } from '../contract/overridden.ts';
import { reach, requestOf, World } from '../contract/world.ts';
import { runIsOver } from '../driving/failures.ts';
import type { Operation } from '../port.ts';
import { answerRequests, askDriver } from './requests.ts';
import { embeddedDriver, engineOn, storeOf } from './testing/driver.ts';

const cancel: Operation = { kind: 'cancel', by: 'ada' };

/** A run that a process of this test drives as it likes. */
function drivenRun(world: World) {
  const store = storeOf(world);
  const opened = store.create(exampleRecord());
  const { run } = opened;
  const inbox = store.inbox(run);
  const isDriven = (): boolean => store.isOpen(run);
  const ask = (operation: Operation = cancel) =>
    askDriver(operation, { run, inbox, clock: world.clock, randomBytes, isDriven });
  return { run, inbox, opened, ask };
}

/** What comes back for a request of this content. */
function answerTo(content: Json, operate: (operation: Operation) => void = () => {}): Json | undefined {
  using world = new World();
  const { inbox, opened } = drivenRun(world);
  using _opened = opened;
  using request = inbox.post({ id: '1', expires_at: 10, content });
  answerRequests(inbox, 0, operate);
  return request.answer();
}

describe('a request to the process that drives a run', () => {
  it('is carried out and answered', async () => {
    using world = new World();
    const { inbox, opened, ask } = drivenRun(world);
    using _opened = opened;
    const seen: Operation[] = [];
    using _driver = inbox.listen(() => answerRequests(inbox, world.clock.now(), (operation) => seen.push(operation)));
    const operations: readonly Operation[] = [
      cancel,
      { kind: 'terminate', by: 'ada' },
      { kind: 'pause', by: 'ada' },
      { kind: 'resume', by: 'ada' },
      { kind: 'signal', signal: { name: 'paid', by: 'ada', payload: { text: 'ü'.repeat(100_000) } } },
    ];
    for (const operation of operations) expect(await ask(operation)).toBe(true);
    expect(seen).toEqual(operations);
  });

  it('is refused with what the run says to it', async () => {
    using world = new World();
    const { run, inbox, opened, ask } = drivenRun(world);
    using _opened = opened;
    using _driver = inbox.listen(() =>
      answerRequests(inbox, world.clock.now(), () => {
        throw runIsOver(run);
      }),
    );
    await expect(ask()).rejects.toEqual(runIsOver(run));
  });

  it('is withdrawn where nobody takes it, and the sender learns that nothing was done', async () => {
    using world = new World();
    const { inbox, opened, ask } = drivenRun(world);
    using _opened = opened;
    await expect(ask()).rejects.toMatchObject({
      error: { code: 'RUN_LOCKED', message: expect.stringContaining('nothing was done') },
    });
    expect(inbox.take(world.clock.now())).toEqual([]);
  });

  it('may have been carried out where it was taken and not answered', async () => {
    using world = new World();
    const { inbox, opened, ask } = drivenRun(world);
    using _opened = opened;
    using _driver = inbox.listen(() => inbox.take(world.clock.now()));
    await expect(ask()).rejects.toMatchObject({
      error: { code: 'RUN_LOCKED', message: expect.stringContaining('may have been carried out') },
    });
  });

  it('passes to whoever drives the run next where its process ends first', async () => {
    using world = new World();
    const { inbox, opened, ask } = drivenRun(world);
    using _driver = inbox.listen(() => opened[Symbol.dispose]());
    const asked = ask();
    // Somebody rings after the process has ended.
    setImmediate(() => setImmediate(() => inbox.post({ id: '0', expires_at: 0, content: null })));
    expect(await asked).toBe(false);
  });

  it('is answered as unknown where this version does not know it', () => {
    const unknown = { error: { code: 'RUN_STATE' } };
    for (const content of [
      null,
      [],
      { version: 2, operation: cancel },
      { version: 1 },
      { version: 1, operation: { kind: 'explode', by: 'ada' } },
      { version: 1, operation: { kind: 'pause' } },
      { version: 1, operation: { kind: 'signal' } },
      { version: 1, operation: { kind: 'signal', signal: { name: 'a', by: 'ada' } } },
      { version: 1, operation: { kind: 'signal', signal: { name: 1, by: 'ada', payload: null } } },
    ] as unknown as readonly Json[]) {
      expect({ content, answer: answerTo(content) }).toMatchObject({ content, answer: unknown });
    }
  });

  it('does not carry what nobody knows into the run', () => {
    const seen: Operation[] = [];
    const operation = { kind: 'pause', by: 'ada', more: 'of it' };
    expect(answerTo({ version: 1, operation }, (known) => seen.push(known))).toEqual({ version: 1 });
    expect(seen).toEqual([{ kind: 'pause', by: 'ada' }]);
  });

  it('is an INTERNAL error where the driver breaks on it', () => {
    const answer = answerTo({ version: 1, operation: { kind: 'pause', by: 'ada' } }, () => {
      throw new TypeError('oops');
    });
    expect(answer).toMatchObject({ error: { code: 'INTERNAL', message: expect.stringContaining('oops') } });
  });
});

describe('requests that wait', () => {
  it('are taken when the run is taken up, and those that expired are not', async () => {
    using world = new World();
    const engine = embeddedDriver.open(world);
    const { run, finished } = await engine.start(requestOf({ build: { steps: [{ with: { hang: true } }] } }));
    await engine[Symbol.asyncDispose]();
    await finished.catch(() => undefined);
    const inbox: Inbox = storeOf(world).inbox(run);
    const content = { version: 1, operation: { kind: 'terminate', by: 'ada' } };
    using late = inbox.post({ id: '1', expires_at: world.clock.now() - 1, content });
    using inTime = inbox.post({
      id: '2',
      expires_at: world.clock.now() + 60_000,
      content: { ...content, operation: { kind: 'pause', by: 'ada' } },
    });
    await using other = embeddedDriver.open(world);
    const handle = await other.resume(run, {});
    await reach(handle, { type: 'run_paused' });
    expect([late.answer(), inTime.answer()]).toEqual([undefined, { version: 1 }]);
    expect(await other.info(run)).toMatchObject({ status: 'paused' });
    await handle.kill();
  });

  it('break the run where they can not be read', async () => {
    using world = new World();
    const store = storeOf(world);
    const failing = overridden(store, {
      inbox: (run) =>
        overridden(store.inbox(run), {
          take: () => {
            throw new Error('the disk is gone');
          },
        }),
    });
    await using engine = engineOn(world, failing);
    const handle = await engine.start(requestOf({ build: { steps: [{ with: { hang: true } }] } }));
    await expect(handle.finished).rejects.toMatchObject({
      error: { message: expect.stringContaining('the disk is gone') },
    });
  });
});
