import { describe, expect, it } from 'vitest';
import { systemClock } from '../../engine/embedded/index.ts';
import { createReadings } from '../../engine/embedded/readings.ts';
import { parseLogPosition } from './log-position.ts';
import { type LogPart, type LogRequest, readLog } from './read-log.ts';
import { createWrittenRun, gathered, running, succeeded, type WrittenRun } from './testing/written-run.ts';

const writtenRun = (): WrittenRun => createWrittenRun((store) => createReadings({ store, clock: systemClock }));

type Wanted = Partial<Omit<LogRequest, 'run'>>;

function parts(of: WrittenRun, wanted: Wanted = {}, signal: AbortSignal = new AbortController().signal) {
  return readLog(of.sources, { run: of.run, filter: {}, follow: false, ...wanted }, signal);
}

async function textsOf(of: WrittenRun, wanted: Wanted = {}): Promise<readonly string[]> {
  return textsIn(await gathered(parts(of, wanted)));
}

function textsIn(all: readonly LogPart[]): readonly string[] {
  return all.flatMap((part) => (part.kind === 'line' || part.kind === 'unfinished' ? [part.line.text] : []));
}

const numbered = (from: number, count: number): readonly { readonly text: string }[] =>
  Array.from({ length: count }, (_, index) => ({ text: `line ${from + index}\n` }));

describe('reading a log', () => {
  it('gives what is there, and says that the last line has not ended while the run goes on', async () => {
    using run = writtenRun();
    run.write([{ text: 'one\ntwo\nthr' }]);
    const read = await gathered(parts(run));
    expect(read.map(({ kind }) => kind)).toEqual(['line', 'line', 'pause', 'unfinished', 'end']);
    run.become(succeeded);
    expect(await textsOf(run)).toEqual(['one', 'two', 'thr']);
  });

  it('selects by job, step, attempts and time, as their names mean more than one', async () => {
    using run = writtenRun();
    const steps = ['loop', 'loop[0].a', 'loop.b', 'looped'];
    run.write([
      ...steps.map((step) => ({ step, text: `${step}\n` })),
      { job: 'build (linux)', text: 'cell\n' },
      { job: 'builder', text: 'other\n' },
      { step: 'looped', attempt: 2, text: 'again\n' },
      { job: 'builder', job_attempt: 2, text: 'job again\n' },
    ]);
    expect(await textsOf(run, { filter: { step: 'loop' } })).toEqual(['loop', 'loop[0].a', 'loop.b']);
    expect(await textsOf(run, { filter: { job: 'build', step: 'step' } })).toEqual(['cell']);
    expect(await textsOf(run, { filter: { attempt: 2 } })).toEqual(['again']);
    expect(await textsOf(run, { filter: { job_attempt: 2 } })).toEqual(['job again']);
    expect(await textsOf(run, { filter: { since: Date.now() + 1000 } })).toEqual([]);
  });

  it('reads the last lines from near the end of a long log', async () => {
    using run = writtenRun();
    run.write(numbered(1, 20_000));
    const before = Date.now();
    expect(await textsOf(run, { tail: 3 })).toEqual(['line 19998', 'line 19999', 'line 20000']);
    expect(await textsOf(run, { tail: 0 })).toEqual([]);
    expect(Date.now() - before).toBeLessThan(2000);
    expect(await textsOf(run, { tail: 10_000 })).toHaveLength(10_000);
  });

  it('finds last lines that are far from the end, and whole where they began far from it', async () => {
    using run = writtenRun();
    run.write([
      { job: 'rare', text: 'first\nsecond\n' },
      { job: 'long', text: 'begins ' },
    ]);
    run.write(numbered(1, 3000));
    run.write([{ job: 'long', text: 'ends\n' }]);
    expect(await textsOf(run, { tail: 1, filter: { job: 'rare' } })).toEqual(['second']);
    expect(await textsOf(run, { tail: 1 })).toEqual(['begins ends']);
  });

  it('goes on behind the last lines as the run does', async () => {
    using run = writtenRun();
    run.write(numbered(1, 500));
    run.write([{ text: 'be' }]);
    const texts: string[] = [];
    for await (const part of parts(run, { tail: 2, follow: true })) {
      if (part.kind === 'line') texts.push(part.line.text);
      // What is there by then is sent, though nothing else may come for long.
      if (part.kind === 'pause' && texts.length === 2) run.write([{ text: 'gun\n' }]);
      if (part.kind === 'line' && texts.length === 3) run.become(succeeded);
    }
    expect(texts).toEqual(['line 499', 'line 500', 'begun']);
  });
});

describe('following a log', () => {
  it('waits for a run that no engine has yet, tells each line soon, and ends with the run', async () => {
    using run = writtenRun();
    run.become({ status: 'accepted', begun: false, ended: false });
    setTimeout(() => run.become(running), 150);
    const lines = 10;
    const delays: number[] = [];
    let sent = 0;
    const send = (): void => {
      if (sent === lines) run.become(succeeded);
      else run.write([{ text: `${Date.now()}\n` }]);
      sent += 1;
    };
    setTimeout(send, 300);
    const read: LogPart[] = [];
    for await (const part of parts(run, { follow: true })) {
      read.push(part);
      if (part.kind !== 'line') continue;
      delays.push(Date.now() - Number(part.line.text));
      send();
    }
    expect(delays).toHaveLength(lines);
    expect(Math.max(...delays)).toBeLessThan(500);
    expect(read.at(-1)).toEqual({ kind: 'end', state: succeeded });
  });

  it('goes on behind any line without a gap and without saying one twice while the run writes', async () => {
    using run = writtenRun();
    const count = 400;
    const streams = ['stdout', 'stderr'] as const;
    const write = (from: number): void => {
      run.write(
        Array.from({ length: 20 }, (_, index) => ({
          stream: streams[(from + index) % 2]!,
          text: `${from + index} begins\n${from + index} `,
        })),
      );
      if (from + 20 < count) setTimeout(() => write(from + 20), 5);
      else run.become(succeeded);
    };
    write(0);
    const seen: string[] = [];
    let last: string | undefined;
    let connections = 0;
    for (let ended = false; !ended; connections += 1) {
      const seenLine = last === undefined ? undefined : parseLogPosition(last);
      let taken = 0;
      for await (const part of parts(run, { follow: true, ...(seenLine === undefined ? {} : { seen: seenLine }) })) {
        if (part.kind === 'line') {
          seen.push(part.line.text);
          last = part.line.position;
          taken += 1;
        }
        ended = part.kind === 'end';
        if (taken === 7) break;
      }
    }
    expect(connections).toBeGreaterThan(count / 7);
    expect(seen).toEqual(await textsOf(run));
  });

  it('watches and reads a run once for five hundred followers', async () => {
    using run = writtenRun();
    run.write(numbered(1, 100));
    const followers = 500;
    let watchers = 0;
    const caughtUp = Promise.withResolvers<undefined>();
    let have = 0;
    const follow = async (): Promise<readonly string[]> => {
      const texts: string[] = [];
      for await (const part of parts(run, { follow: true })) {
        if (part.kind !== 'line') continue;
        texts.push(part.line.text);
        have += texts.length === 100 ? 1 : 0;
        if (have === followers) caughtUp.resolve(undefined);
      }
      return texts;
    };
    const all = Array.from({ length: followers }, follow);
    await caughtUp.promise;
    watchers = run.watchers();
    const reads = run.reads();
    const ticks = 10;
    for (let index = 0; index < ticks; index += 1) {
      run.write([{ text: `later ${index}\n` }]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    run.become(succeeded);
    const texts = await Promise.all(all);
    expect(watchers).toBe(1);
    expect(run.reads() - reads).toBeLessThan(100);
    expect(texts.every((each) => each.length === 110)).toBe(true);
    expect(run.watchers()).toBe(0);
  });

  it('lets go of the run when nobody follows it any more', async () => {
    using run = writtenRun();
    const leaving = new AbortController();
    const following = gathered(parts(run, { follow: true }, leaving.signal));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(run.watchers()).toBe(1);
    leaving.abort();
    await following;
    expect(run.watchers()).toBe(0);
  });

  it('tells followers what keeps the run from being read', async () => {
    using run = writtenRun();
    const following = parts(run, { follow: true });
    run.write([{ text: 'one\n' }]);
    expect(await following.next()).toMatchObject({ value: { kind: 'line' } });
    run.fail(new Error('the disk is gone'));
    await expect(gathered(following)).rejects.toThrow('the disk is gone');
  });
});
