import { describe, expect, it } from 'vitest';
import { asTheyCome } from './as-they-come.ts';

/** A stream that gives what it is told to, when it is told to. */
function channel(): {
  readonly send: (item: string) => void;
  readonly end: () => void;
  readonly stream: AsyncGenerator<string, void, undefined>;
} {
  const items: (string | undefined)[] = [];
  let wake = (): void => {};
  const put = (item: string | undefined): void => {
    items.push(item);
    wake();
  };
  async function* stream(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      while (items.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const item = items.shift();
      if (item === undefined) return;
      yield item;
    }
  }
  return { send: put, end: () => put(undefined), stream: stream() };
}

async function* failing(): AsyncGenerator<string, void, undefined> {
  yield 'one';
  throw new Error('the disk is gone');
}

describe('several streams', () => {
  it('are told as they come, until the first ends', async () => {
    const [first, second] = [channel(), channel()];
    const told = asTheyCome([first.stream, second.stream]);
    second.send('a');
    expect((await told.next()).value).toEqual({ from: 1, item: 'a' });
    first.send('b');
    expect((await told.next()).value).toEqual({ from: 0, item: 'b' });
    second.end();
    first.send('c');
    expect((await told.next()).value).toEqual({ from: 0, item: 'c' });
    first.end();
    expect(await told.next()).toEqual({ done: true, value: undefined });
  });

  it('leave none waiting for one that gives more', async () => {
    const [first, second] = [channel(), channel()];
    for (let count = 0; count < 100; count += 1) first.send('much');
    second.send('little');
    const froms: number[] = [];
    for await (const { from } of asTheyCome([first.stream, second.stream])) {
      froms.push(from);
      if (froms.length === 10) break;
    }
    expect(froms).toContain(1);
  });

  it('fail with the first of them that fails', async () => {
    const quiet = channel();
    const told = asTheyCome([quiet.stream, failing()]);
    expect((await told.next()).value).toEqual({ from: 1, item: 'one' });
    await expect(told.next()).rejects.toThrow('the disk is gone');
  });
});
