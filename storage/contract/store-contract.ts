import { describe, expect, it } from 'vitest';
import { type JobKey, type Json, type RunId, type StepKey, WaterflowFailure } from '../../schemas/index.ts';
import type { LogSegment, RunRecord, Store } from '../port.ts';
import { createRunIds } from '../run-id.ts';

const nextRun = createRunIds({
  now: Date.now,
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
});

/** A record of a run that never was, for tests of stores. */
export function exampleRecord(run: RunId = nextRun()): RunRecord {
  return { version: 1, run, created_at: 1_700_000_000_000, tenant: 'default', plan: { name: 'example' }, settings: {} };
}

/** A log segment of a step that never was; `text` and sequence vary. */
export function exampleSegment(sequence: number, text: string): LogSegment {
  // Any text is a key to a store.
  const [job, step] = ['build (linux, 24)' as JobKey, '0' as StepKey];
  return { job, step, job_attempt: 1, attempt: 1, sequence, at: 1_700_000_000_000 + sequence, stream: 'stdout', text };
}

const runMachine = { kind: 'run' } as const;
// As above.
const jobMachine = { kind: 'job', job: 'build (linux, 24)' as JobKey } as const;

/** The code of the failure that `action` throws. */
export function failureOf(action: () => unknown): WaterflowFailure {
  try {
    action();
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return cause;
    throw cause;
  }
  throw new Error('nothing was thrown');
}

/** What every driver of the store's port does. `makeStore` gives an empty store; the same store again for each `reopen`. */
export function describeStore(
  name: string,
  makeStore: () => { readonly store: Store; readonly reopen: () => Store },
): void {
  describe(`the store's contract: ${name}`, () => {
    it('keeps the record of a run', () => {
      const { store, reopen } = makeStore();
      const record = exampleRecord();
      store.create(record)[Symbol.dispose]();
      using run = reopen().open(record.run);
      expect(run.record()).toEqual(record);
      expect(run.run).toBe(record.run);
    });

    it('keeps appended entries in order, numbered without gaps, over a restart', () => {
      const { store, reopen } = makeStore();
      const { run: id } = exampleRecord();
      const first = store.create(exampleRecord(id));
      first.append([{ machine: runMachine, event: { type: 'run_started', at: 1 } }]);
      first.append([]);
      first.append([
        { machine: jobMachine, event: { type: 'job_started', text: 'a\u0000b “ü” 🦊' } },
        { machine: runMachine, event: { type: 'job_finished', result: { outputs: { nested: [1, null, true, 'x'] } } } },
      ]);
      const expected = [
        { sequence: 1, machine: runMachine, event: { type: 'run_started', at: 1 } },
        { sequence: 2, machine: jobMachine, event: { type: 'job_started', text: 'a\u0000b “ü” 🦊' } },
        {
          sequence: 3,
          machine: runMachine,
          event: { type: 'job_finished', result: { outputs: { nested: [1, null, true, 'x'] } } },
        },
      ];
      expect([...first.entries()]).toEqual(expected);
      first[Symbol.dispose]();
      using second = reopen().open(id);
      second.append([{ machine: runMachine, event: { type: 'cancel_requested' } }]);
      expect([...second.entries()]).toEqual([
        ...expected,
        { sequence: 4, machine: runMachine, event: { type: 'cancel_requested' } },
      ]);
    });

    it('appends all entries or none', () => {
      const { store } = makeStore();
      using run = store.create(exampleRecord());
      const circular: Record<string, Json> = {};
      circular['self'] = circular;
      expect(() =>
        run.append([
          { machine: runMachine, event: { type: 'run_started' } },
          { machine: runMachine, event: circular },
        ]),
      ).toThrow('circular');
      expect([...run.entries()]).toEqual([]);
      run.append([{ machine: runMachine, event: { type: 'run_started' } }]);
      expect([...run.entries()].map((entry) => entry.sequence)).toEqual([1]);
    });

    it('refuses a run that is open elsewhere, and opens it once it is free', () => {
      const { store, reopen } = makeStore();
      const record = exampleRecord();
      const holder = store.create(record);
      const { error } = failureOf(() => reopen().open(record.run));
      expect(error.code).toBe('RUN_LOCKED');
      expect(error.message).toContain(record.run);
      holder[Symbol.dispose]();
      holder[Symbol.dispose]();
      reopen().open(record.run)[Symbol.dispose]();
    });

    it('lets others read a run that is open, as far as it has come', () => {
      const { store, reopen } = makeStore();
      using run = store.create(exampleRecord());
      run.append([{ machine: runMachine, event: { type: 'run_started' } }], { seen: true });
      run.appendLog(exampleSegment(1, 'one'));
      using reading = reopen().read(run.run);
      expect(reading.record()).toEqual(run.record());
      expect(reading.get('seen')).toBe(true);
      expect([...reading.logsAfter(0)].map(({ text }) => text)).toEqual(['one']);
      expect(reading.tail(exampleSegment(1, ''), 5)).toBe('one');
      run.append([{ machine: jobMachine, event: { type: 'job_started' } }]);
      run.appendLog(exampleSegment(2, 'two'));
      run.appendLog(exampleSegment(3, 'three'));
      expect([...reading.entries()].map(({ event }) => event['type'])).toEqual(['run_started', 'job_started']);
      const [first, ...later] = [...reading.logsAfter(0)];
      expect([...reading.logsAfter(first?.position ?? 0)]).toEqual(later);
      expect(later.map(({ text }) => text)).toEqual(['two', 'three']);
    });

    it('lets others read a run that nobody has open, and still opens it', () => {
      const { store, reopen } = makeStore();
      const record = exampleRecord();
      const made = store.create(record);
      made.append([{ machine: runMachine, event: { type: 'run_started' } }]);
      made[Symbol.dispose]();
      using reading = reopen().read(record.run);
      expect([...reading.entries()]).toHaveLength(1);
      using run = store.open(record.run);
      run.append([{ machine: runMachine, event: { type: 'cancel_requested' } }]);
      expect([...reading.entries()]).toHaveLength(2);
    });

    it('says that a run is not there', () => {
      const { store } = makeStore();
      expect(failureOf(() => store.open(nextRun())).error.code).toBe('RUN_NOT_FOUND');
      expect(failureOf(() => store.read(nextRun())).error.code).toBe('RUN_NOT_FOUND');
    });

    it('never makes the same run twice', () => {
      const { store, reopen } = makeStore();
      const record = exampleRecord();
      const first = store.create(record);
      first.append([{ machine: runMachine, event: { type: 'run_started' } }]);
      first[Symbol.dispose]();
      expect(failureOf(() => reopen().create(record)).error.code).toBe('RUN_STATE');
      using again = reopen().open(record.run);
      expect([...again.entries()]).toHaveLength(1);
    });

    it('lists its runs, oldest first', () => {
      const { store, reopen } = makeStore();
      expect(store.list()).toEqual([]);
      const runs = [nextRun(), nextRun(), nextRun()];
      for (const run of runs.toReversed()) store.create(exampleRecord(run))[Symbol.dispose]();
      expect(reopen().list()).toEqual(runs);
    });

    it('keeps values by key, also over a restart', () => {
      const { store, reopen } = makeStore();
      const record = exampleRecord();
      const run = store.create(record);
      expect(run.get('a')).toBeUndefined();
      run.set('a', { b: [1, 'two', null] });
      run.set('a', 3);
      run.set('', false);
      run[Symbol.dispose]();
      using again = reopen().open(record.run);
      expect([again.get('a'), again.get(''), again.get('c')]).toEqual([3, false, undefined]);
    });

    it('keeps values together with the entries that they belong to, or neither', () => {
      const { store } = makeStore();
      using run = store.create(exampleRecord());
      run.append([{ machine: runMachine, event: { type: 'run_started' } }], { status: 'running', a: 1 });
      run.append([], { a: 2 });
      expect([run.get('status'), run.get('a')]).toEqual(['running', 2]);
      const circular: Record<string, Json> = {};
      circular['self'] = circular;
      const both = () => run.append([{ machine: runMachine, event: {} }], { status: 'broken', circular });
      expect(both).toThrow('circular');
      expect(run.get('status')).toBe('running');
      expect([...run.entries()]).toHaveLength(1);
    });

    it('shows values and whether it is open of a run that another has open', () => {
      const { store, reopen } = makeStore();
      const record = exampleRecord();
      const run = store.create(record);
      run.set('status', 'running');
      const other = reopen();
      expect([other.peek(record.run, 'status'), other.peek(record.run, 'none')]).toEqual(['running', undefined]);
      expect([store.isOpen(record.run), other.isOpen(record.run)]).toEqual([true, true]);
      run.set('status', 'success');
      expect(other.peek(record.run, 'status')).toBe('success');
      run[Symbol.dispose]();
      expect(other.isOpen(record.run)).toBe(false);
      expect(other.peek(record.run, 'status')).toBe('success');
      other.open(record.run)[Symbol.dispose]();
    });

    it('knows nothing of a run that is not there', () => {
      const { store } = makeStore();
      const run = nextRun();
      for (const look of [() => store.peek(run, 'a'), () => store.isOpen(run), () => store.inbox(run)]) {
        expect(failureOf(look).error.code).toBe('RUN_NOT_FOUND');
      }
    });

    it('hands requests over once, in order, and answers back', () => {
      const { store, reopen } = makeStore();
      const record = exampleRecord();
      store.create(record)[Symbol.dispose]();
      const [outside, inside] = [reopen().inbox(record.run), reopen().inbox(record.run)];
      using second = outside.post({ id: 'b', expires_at: 100, content: { do: 'second' } });
      using first = outside.post({ id: 'a', expires_at: 100, content: { do: 'first' } });
      expect(first.answer()).toBeUndefined();
      const taken = inside.take(99);
      expect(taken.map(({ content }) => content)).toEqual([{ do: 'first' }, { do: 'second' }]);
      expect(inside.take(99)).toEqual([]);
      taken[1]?.answer({ ok: 'done' });
      taken[0]?.answer('x'.repeat(300 * 1024));
      expect(second.answer()).toEqual({ ok: 'done' });
      expect(first.answer()).toHaveLength(300 * 1024);
      expect([first.withdraw(), second.withdraw()]).toEqual([false, false]);
    });

    it('takes no request that was withdrawn or has expired', () => {
      const { store } = makeStore();
      const record = exampleRecord();
      store.create(record)[Symbol.dispose]();
      const inbox = store.inbox(record.run);
      using withdrawn = inbox.post({ id: 'a', expires_at: 100, content: 1 });
      expect(withdrawn.withdraw()).toBe(true);
      using expired = inbox.post({ id: 'b', expires_at: 50, content: 2 });
      {
        using abandoned = inbox.post({ id: 'c', expires_at: 100, content: 3 });
        expect(abandoned.answer()).toBeUndefined();
      }
      expect(inbox.take(50)).toEqual([]);
      expect(expired.answer()).toBeUndefined();
    });

    it('tells when a request and when an answer is there', async () => {
      const { store, reopen } = makeStore();
      const record = exampleRecord();
      store.create(record)[Symbol.dispose]();
      const inbox = store.inbox(record.run);
      const heard = Promise.withResolvers<string>();
      using _driver = inbox.listen(() => {
        for (const { answer } of inbox.take(0)) answer('heard');
      });
      using request = reopen().inbox(record.run).post({ id: 'a', expires_at: 100, content: 1 });
      using _asker = request.listen(() => {
        if (request.answer() === 'heard') heard.resolve('heard');
      });
      expect(await heard.promise).toBe('heard');
    });

    it('keeps what groups are at for everyone, one change after the other', () => {
      const { reopen } = makeStore();
      using one = reopen().openGroups();
      using other = reopen().openGroups();
      expect([one.read('deploy'), other.names()]).toEqual([undefined, []]);
      one.change('deploy', (value) => {
        expect(value).toBeUndefined();
        return { holder: 'a' };
      });
      other.change('deploy', (value) => ({ was: value ?? null }));
      expect(one.read('deploy')).toEqual({ was: { holder: 'a' } });
      const failing = () =>
        one.change('deploy', () => {
          throw new Error('no');
        });
      expect(failing).toThrow('no');
      expect(other.read('deploy')).toEqual({ was: { holder: 'a' } });
      one.change('b “ü”', () => 1);
      expect(other.names()).toEqual(['b “ü”', 'deploy']);
      other.change('deploy', () => undefined);
      expect(one.read('deploy')).toBeUndefined();
    });

    it('tells when a group changes', async () => {
      const { reopen } = makeStore();
      using one = reopen().openGroups();
      using other = reopen().openGroups();
      const heard = Promise.withResolvers<string>();
      using _listening = other.listen(() => {
        if (other.read('deploy') === 1) heard.resolve('heard');
      });
      one.change('deploy', () => 1);
      expect(await heard.promise).toBe('heard');
    });

    it('keeps blobs under their digest, one per content', () => {
      const { store, reopen } = makeStore();
      const record = exampleRecord();
      const run = store.create(record);
      const digest = run.putBlob(Buffer.from('hello'));
      expect(digest).toBe('sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
      expect(run.putBlob(Buffer.from('hello'))).toBe(digest);
      const empty = run.putBlob(new Uint8Array());
      run[Symbol.dispose]();
      using again = reopen().open(record.run);
      expect(Buffer.from(again.getBlob(digest) ?? []).toString()).toBe('hello');
      expect(again.getBlob(empty)).toHaveLength(0);
      expect(again.getBlob(`sha256:${'0'.repeat(64)}`)).toBeUndefined();
      expect(again.getBlob('sha256:../../../journal.sqlite')).toBeUndefined();
    });

    it('keeps logs as they were written, whole or of one step, also over a restart', () => {
      const { store, reopen } = makeStore();
      const record = exampleRecord();
      const run = store.create(record);
      const [first, second] = [exampleSegment(1, 'one\ntw'), exampleSegment(2, 'o\u0000 🦊\n')];
      const other = { ...exampleSegment(1, 'other\n'), attempt: 2, stream: 'stderr' as const };
      for (const segment of [first, other, second]) run.appendLog(segment);
      run[Symbol.dispose]();
      using again = reopen().open(record.run);
      expect([...again.logs()]).toEqual([first, other, second]);
      expect([...again.logs(first)]).toEqual([first, second]);
      expect([...again.logs({ ...first, job_attempt: 7 })]).toEqual([]);
    });

    it('gives the last lines of a log', () => {
      const { store } = makeStore();
      using run = store.create(exampleRecord());
      const address = exampleSegment(1, '');
      expect(run.tail(address, 3)).toBe('');
      const texts = ['one\ntwo\nth', 'ree\n', 'four', '\nfive\n'];
      texts.forEach((text, index) => {
        run.appendLog(exampleSegment(index + 1, text));
      });
      expect(run.tail(address, 1)).toBe('five');
      expect(run.tail(address, 3)).toBe('three\nfour\nfive');
      expect(run.tail(address, 99)).toBe('one\ntwo\nthree\nfour\nfive');
      expect(run.tail(address, 0)).toBe('');
    });
  });
}
