import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { createOrphanGuard, type GuardSetup } from './orphan-guard.ts';
import type { ExecPowers } from './powers.ts';

const linux = await needs('bwrap');

/** As an agent makes them. The marks of other tests' agents, whose programs go on meanwhile, may begin with a shorter one. */
function newId(): string {
  return randomBytes(16).toString('hex');
}

/** A guard's maker, and what it started. */
function setUp(): { readonly powers: ExecPowers; readonly started: ChildProcess[]; readonly setup: GuardSetup } {
  const started: ChildProcess[] = [];
  const powers: ExecPowers = {
    spawn: (command, args, options) => {
      const child = spawn(command, args, options);
      started.push(child);
      return child;
    },
    kill: () => undefined,
    pause: async () => undefined,
    graces: { interrupt_ms: 0, terminate_ms: 0 },
  };
  onTestFinished(() => started.forEach((child) => child.kill('SIGKILL')));
  // Absolute as written.
  const path = ['/usr/bin', '/bin'] as AbsolutePath[];
  const bwrap = '/usr/bin/bwrap' as AbsolutePath;
  return {
    powers,
    started,
    setup: {
      among: { marked: 'command line', bwrap },
      id: newId(),
      search: { path, writable: [] },
    },
  };
}

function only(started: readonly ChildProcess[]): ChildProcess {
  const [guard, ...others] = started;
  if (guard === undefined || others.length > 0) throw new Error(`${started.length} guards`);
  return guard;
}

test.skipIf(!linux)('one guard serves all execs', async () => {
  const { powers, started, setup } = setUp();
  const watch = createOrphanGuard(powers);
  const marks = await Promise.all([watch(setup), watch({ ...setup, id: newId() })]);
  expect(await watch({ ...setup, id: newId() })).toBe(marks[0]);
  expect(marks[1]).toBe(marks[0]);
  expect(started).toHaveLength(1);
});

test.skipIf(!linux)('a guard that was killed is replaced', async () => {
  const { powers, started, setup } = setUp();
  const watch = createOrphanGuard(powers);
  const mark = await watch(setup);
  const guard = only(started);
  guard.kill('SIGKILL');
  await once(guard, 'exit');
  expect(await watch({ ...setup, id: newId() })).not.toBe(mark);
});

test.skipIf(!linux)('a guard ends with its agent, not when it is asked to', async () => {
  const { powers, started, setup } = setUp();
  await createOrphanGuard(powers)(setup);
  const guard = only(started);
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) guard.kill(signal);
  guard.stdin?.end();
  expect(await once(guard, 'exit')).toEqual([0, null]);
});

test.skipIf(!linux).each(['command line', 'environment'] as const)('kills what bears its mark: %s', async (marked) => {
  const { powers, started, setup } = setUp();
  // The shell stands for bubblewrap: it keeps the words that it does not use on its command line. Absolute as written.
  const bwrap = '/usr/bin/bash' as AbsolutePath;
  const mark = await createOrphanGuard(powers)({ ...setup, among: { marked, bwrap } });
  const guard = only(started);
  const run = (word: string): ChildProcess => {
    const given = marked === 'environment' ? { words: [], env: { WORD: word } } : { words: [word], env: {} };
    const { words, env } = given;
    return powers.spawn(bwrap, ['-c', 'read -r', ...words], { stdio: ['pipe', 'ignore', 'ignore'], env });
  };
  const bearer = run(mark);
  const other = run(mark.slice(0, -1));
  const ended = once(bearer, 'exit');
  guard.stdin?.end();
  expect(await ended).toEqual([null, 'SIGKILL']);
  await once(guard, 'exit');
  expect(other).toMatchObject({ exitCode: null, signalCode: null });
});

test.skipIf(!linux)('an exec whose guard can not be started is refused', async () => {
  const { powers, setup } = setUp();
  const withoutShell: ExecPowers = { ...powers, spawn: (_, args, options) => spawn('/missing/sh', args, options) };
  await expect(createOrphanGuard(withoutShell)(setup)).rejects.toMatchObject({
    code: 'FAILED',
    message: expect.stringContaining('ENOENT'),
  });
});
