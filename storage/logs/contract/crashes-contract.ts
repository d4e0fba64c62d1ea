import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { RunId } from '../../../schemas/index.ts';
import { segments, textsOf } from '../testing/samples.ts';
import type { MakeLogs } from './store.ts';

const script = fileURLToPath(new URL('../testing/ship-logs.ts', import.meta.url));

export function describeCrashes(makeLogs: MakeLogs): void {
  it('a server that is killed has kept what it acknowledged, and no part of a batch', async () => {
    await using store = await makeLogs();
    // The tables are there already.
    await store.open();
    const child = spawn(process.execPath, [script, JSON.stringify(store.place)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const acknowledged = new Map<RunId, number>();
    let batches = 0;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [run = '', sequence] = line.split(' ');
      acknowledged.set(run as RunId, Number(sequence));
      batches += 1;
      if (batches === 200) child.kill('SIGKILL');
    });
    await once(child, 'close');
    expect(acknowledged.size).toBeGreaterThan(1);
    const logs = await store.open();
    for (const [run, last] of acknowledged) {
      const texts = await textsOf(logs, run);
      expect(texts.length).toBeGreaterThanOrEqual(last);
      expect(texts.length % 3).toBe(0);
      expect(texts).toEqual(segments(1, texts.length).map(({ text }) => text));
      // An agent that wasn't answered sends it once more.
      expect(await logs.append(run, segments(last + 1, 3))).toMatchObject([
        { next: texts.length === last ? last + 4 : texts.length + 1, gap: false },
      ]);
    }
  });
}
