import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as timer } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { createExecCapability } from '../exec.ts';
import { makeTestScope } from '../testing/call.ts';
import { killGraces } from './powers.ts';
import { ways } from './testing/processes.ts';
import { runTestExec } from './testing/run.ts';

const here = await needs('bwrap');
const good = '#!/bin/sh\necho good "$0"\n';
const evil = '#!/bin/sh\necho evil\n';
const digest = createHash('sha256').update(good).digest('hex');

/** exec that lets a hand swap files in just before each process is started: after anything was checked. */
function execWhile(swap: () => void): ReturnType<typeof createExecCapability> {
  return createExecCapability({
    spawn: (command, args, options) => {
      swap();
      return spawn(command, args, options);
    },
    kill: (pid, signal) => void process.kill(pid, signal),
    pause: (ms, signal) => timer(ms, undefined, signal === undefined ? {} : { signal }),
    graces: killGraces,
  });
}

/** How somebody who may write where the program lies puts another in its place. */
const swaps: readonly (readonly [string, (folder: string) => void])[] = [
  [
    'renamed over it',
    (folder) => {
      writeFileSync(join(folder, 'other'), evil, { mode: 0o755 });
      renameSync(join(folder, 'other'), join(folder, 'tool-1.0'));
    },
  ],
  ['written into it', (folder) => writeFileSync(join(folder, 'tool-1.0'), evil)],
  [
    'linked to in its place',
    (folder) => {
      writeFileSync(join(folder, 'other'), evil, { mode: 0o755 });
      unlinkSync(join(folder, 'tool'));
      symlinkSync('other', join(folder, 'tool'));
    },
  ],
];

describe.each(ways.filter((way) => !way.bwrap || here))(
  'a program whose digest is pinned, $way',
  ({ entry, bwrap }) => {
    test.each(swaps)('is the one that was hashed, though another was %s', async (_how, swap) => {
      await using scope = makeTestScope(bwrap ? {} : { sandbox: { bwrap: undefined } });
      await using elsewhere = makeTestScope();
      const folder = elsewhere.workspace;
      writeFileSync(join(folder, 'tool-1.0'), good, { mode: 0o755 });
      symlinkSync('tool-1.0', join(folder, 'tool'));
      const sandbox = { ...scope.sandbox, path: [folder, ...scope.sandbox.path] satisfies AbsolutePath[] };
      let swapped = 0;
      const exec = execWhile(() => {
        swapped += 1;
        if (swapped === 1) swap(folder);
      });
      // bubblewrap and the guard are looked at before anything of the call's own.
      await runTestExec(
        execWhile(() => undefined),
        { ...scope, sandbox },
        { args: { command: 'true' }, entry },
      );
      const args = { command: 'tool', stdout: 'capture' } as const;
      const answer = await runTestExec(exec, { ...scope, sandbox }, { args, entry: { ...entry, sha256: digest } });
      expect(swapped).toBeGreaterThan(0);
      // By its own name, so that programs that go by it find it.
      expect(answer.stdout).toMatch(/^good .*\/tool\n$/);
      expect(readdirSync(scope.temp())).toEqual([]);
    });

    test('with another digest does not run', async () => {
      await using scope = makeTestScope(bwrap ? {} : { sandbox: { bwrap: undefined } });
      const exec = execWhile(() => undefined);
      const pinned = { ...entry, sha256: '0'.repeat(64) };
      await expect(
        runTestExec(exec, scope, { args: { command: 'touch', args: ['ran'] }, entry: pinned }),
      ).rejects.toMatchObject({
        code: 'DENIED',
      });
      expect(readdirSync(scope.workspace)).toEqual([]);
    });
  },
);
