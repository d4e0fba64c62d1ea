import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { setImmediate, setTimeout as timer } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { hostOptions } from './bubblewrap-options.ts';
import { startNamespaced } from './namespaced.ts';
import type { ExecPowers } from './powers.ts';
import type { RunningProgram } from './program.ts';

const namespaces = await needs('bwrap');

const powers: ExecPowers = {
  spawn: (command, args, options) => spawn(command, args, options),
  kill: (pid, signal) => void process.kill(pid, signal),
  pause: (ms) => timer(ms),
  graces: { interrupt_ms: 0, terminate_ms: 0 },
};

/** A program that ends by signals only. `before`: while its namespace is there, and it isn't. */
async function startEndless(before: (program: RunningProgram) => Promise<void>): Promise<RunningProgram> {
  const nowhere = await open('/dev/null', 'r+');
  const program = startNamespaced(
    {
      // Absolute as written.
      binary: { path: '/bin/sleep' as AbsolutePath, file: '/bin/sleep' as AbsolutePath },
      copy: undefined,
      argv: ['infinity'],
      environment: {},
      cwd: '/' as AbsolutePath,
      stdin: 'ignore',
      stdout: nowhere.fd,
      stderr: nowhere.fd,
      prepare: () => before(program),
    },
    {
      bwrap: '/usr/bin/bwrap' as AbsolutePath,
      prlimit: undefined,
      options: hostOptions,
      user: undefined,
      filter: undefined,
      mark: 'test',
    },
    powers,
  );
  onTestFinished(async () => {
    await program.kill();
    await nowhere.close();
  });
  return program;
}

test.skipIf(!namespaces).each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a program gets the %s that was sent before it was there', async (name, code) => {
  const program = await startEndless(async (started) => {
    started.signal(name);
    // What it could be sent at once is sent by then.
    await setImmediate();
  });
  expect(await program.ended).toEqual({ kind: 'exited', code });
});
