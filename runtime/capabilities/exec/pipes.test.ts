import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as timer } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath } from '../../../schemas/index.ts';
import type { BinarySearch } from './binary.ts';
import { createPipeSupply, type OutputPipes } from './pipes.ts';
import { type ExecPowers, killGraces } from './powers.ts';

const powers: ExecPowers = {
  spawn: (command, args, options) => spawn(command, args, options),
  kill: (pid, signal) => void process.kill(pid, signal),
  pause: (ms, signal) => timer(ms, undefined, signal === undefined ? {} : { signal }),
  graces: killGraces,
};
// Absolute as written.
const search: BinarySearch = { path: ['/usr/bin', '/bin'] as AbsolutePath[], writable: [] };

/** Descriptors of this process that are ends of such pipes. */
function openEnds(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('/waterflow-pipes-');
    } catch {
      // The one by which the folder was read.
      return false;
    }
  }).length;
}

async function close(pipes: OutputPipes): Promise<void> {
  const closed = Promise.all([once(pipes.stdout, 'close'), once(pipes.stderr, 'close')]);
  pipes[Symbol.dispose]();
  await closed;
}

describe.skipIf(process.platform !== 'linux')('the pipes of programs', () => {
  test('are made together for many that start at once, and few are kept', async () => {
    const started: (readonly string[])[] = [];
    const supply = createPipeSupply({
      ...powers,
      spawn: (command, args, options) => {
        started.push(args);
        return powers.spawn(command, args, options);
      },
    });
    const before = openEnds();
    const all = await Promise.all(Array.from({ length: 100 }, () => supply({ search, owner: undefined })));
    expect(new Set(all.flatMap(({ writers }) => [writers.stdout, writers.stderr])).size).toBe(200);
    expect(started.length).toBeLessThan(10);
    await Promise.all(all.map(close));
    expect(openEnds() - before).toBeLessThanOrEqual(2 * 32);
  });

  test('are all closed where one of them can’t be opened, and the next ones come all the same', async () => {
    let missing = 1;
    const supply = createPipeSupply({
      ...powers,
      spawn: (command, args, options) => powers.spawn(command, args.slice(0, args.length - missing), options),
    });
    const before = openEnds();
    await expect(supply({ search, owner: undefined })).rejects.toMatchObject({ code: 'ENOENT' });
    expect(openEnds()).toBe(before);
    missing = 0;
    await close(await supply({ search, owner: undefined }));
  });

  test('are made for those that wait beside one whose own can’t be made', async () => {
    const supply = createPipeSupply(powers);
    const nowhere = supply({ search: { path: [], writable: [] }, owner: undefined });
    const here = supply({ search, owner: undefined });
    await expect(nowhere).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await close(await here);
  });
});
