import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as timer } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { createExecCapability, execCapability } from '../exec.ts';
import { makeTestScope } from '../testing/call.ts';
import { processesWith, uniqueName, ways } from './testing/processes.ts';
import { runTestExec, script } from './testing/run.ts';

const namespaces = await needs('bwrap');

/** The real powers, with graces that a test can wait for. */
const impatient = createExecCapability({
  spawn: (command, args, options) => spawn(command, args, options),
  kill: (pid, signal) => void process.kill(pid, signal),
  pause: (ms, signal) => timer(ms, undefined, signal === undefined ? {} : { signal }),
  graces: { interrupt_ms: 200, terminate_ms: 200 },
});

/** Detaches in every way there is: forks twice, leads a session, closes its streams, clears its environment. */
const detached = (name: string): string => `
  ( ( setsid env -i /bin/bash -c 'exec </dev/null >/dev/null 2>&1; : > ${name}; trap "" HUP INT TERM; while :; do sleep 1; done' ${name} & ) & )
  until [ -e ${name} ]; do sleep 0.01; done`;

/** Of a scope: its call is cancelled once the program says `ready`. */
function cancelledWhenReady(): NonNullable<Parameters<typeof makeTestScope>[0]> {
  const cancel = new AbortController();
  return {
    signal: cancel.signal,
    log: (_stream, text) => {
      if (Buffer.from(text).toString().includes('ready')) cancel.abort();
    },
  };
}

describe.each(ways.filter((way) => !way.bwrap || namespaces))('an exec $way', ({ entry, bwrap }) => {
  const makeScope = (options: Parameters<typeof makeTestScope>[0] = {}): ReturnType<typeof makeTestScope> =>
    makeTestScope(bwrap ? options : { ...options, sandbox: { bwrap: undefined } });

  test('ends with all of its detached children', async () => {
    await using scope = makeScope();
    const name = uniqueName(scope);
    const answer = await runTestExec(impatient, scope, { args: script(detached(name)), entry });
    expect(answer.exit_code).toBe(0);
    expect(processesWith(name)).toEqual([]);
  });

  test('does not wait for a child that keeps its output open', async () => {
    await using scope = makeScope();
    const answer = await runTestExec(impatient, scope, { args: script('sleep 1000 & echo started'), entry });
    expect(answer.stdout).toBe('started\n');
  });

  test('that is cancelled is asked first and then killed, with its detached children', async () => {
    const cancel = new AbortController();
    let output = '';
    await using scope = makeScope({
      signal: cancel.signal,
      log: (_stream, text) => {
        output += Buffer.from(text).toString();
        if (output.includes('ready')) cancel.abort();
      },
    });
    const name = uniqueName(scope);
    const text = `trap 'echo INT' INT; trap 'echo TERM' TERM; ${detached(name)}; echo ready; while :; do sleep 0.05; done`;
    await expect(runTestExec(impatient, scope, { args: script(text, { stdout: 'log' }), entry })).rejects.toMatchObject(
      { code: 'CANCELLED' },
    );
    expect(output.split('\n').filter((line) => /^[a-zA-Z]{3,5}$/.test(line))).toEqual(['ready', 'INT', 'TERM']);
    expect(processesWith(name)).toEqual([]);
  });

  // With the graces of this capability it would outlive the test.
  test('that is cancelled is killed when the grace of its agent is over', { timeout: 9000 }, async () => {
    await using scope = makeScope(cancelledWhenReady());
    const name = uniqueName(scope);
    const text = `trap '' INT TERM; ${detached(name)}; echo ready; while :; do sleep 0.05; done`;
    const run = runTestExec(
      execCapability,
      { ...scope, cancel_grace_ms: 400 },
      { args: script(text, { stdout: 'log' }), entry },
    );
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(processesWith(name)).toEqual([]);
  });

  test('gets each signal in order, with the times that its call asks for', async () => {
    await using scope = makeScope(cancelledWhenReady());
    const got = join(scope.workspace, 'got');
    const graces: number[] = [];
    const patient = createExecCapability({
      spawn: (command, args, options) => spawn(command, args, options),
      kill: (pid, signal) => void process.kill(pid, signal),
      // A grace is over when the signal before it was seen.
      pause: async (ms, signal) => {
        if (ms !== 4321 && ms !== 1234) {
          await timer(ms, undefined, signal === undefined ? {} : { signal });
          return;
        }
        graces.push(ms);
        await expect.poll(() => readFileSync(got, 'utf8').split('\n').length).toBe(graces.length + 1);
      },
      graces: { interrupt_ms: 7500, terminate_ms: 2500 },
    });
    const text = `: > got; trap 'echo INT >> got' INT; trap 'echo TERM >> got' TERM; echo ready; while :; do sleep 0.05; done`;
    const args = script(text, { stdout: 'log', graces: { interrupt_ms: 4321, terminate_ms: 1234 } });
    await expect(runTestExec(patient, scope, { args, entry })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readFileSync(got, 'utf8')).toBe('INT\nTERM\n');
    expect(graces).toEqual([4321, 1234]);
  });

  test('that ends itself when asked is not killed', async () => {
    await using scope = makeScope(cancelledWhenReady());
    const text = `trap 'echo saved > state; exit 0' INT; echo ready; while :; do sleep 0.05; done`;
    await expect(runTestExec(impatient, scope, { args: script(text, { stdout: 'log' }), entry })).rejects.toMatchObject(
      { code: 'CANCELLED' },
    );
    expect(readFileSync(join(scope.workspace, 'state'), 'utf8')).toBe('saved\n');
  });

  test('ends at its timeout', async () => {
    await using scope = makeScope();
    const args = script(`trap '' INT TERM; while :; do :; done`, { timeout_ms: 100 });
    await expect(runTestExec(impatient, scope, { args, entry })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(readdirSync(scope.temp())).toEqual([]);
  });

  test('does not start when the step is already being cancelled', async () => {
    await using scope = makeScope({ signal: AbortSignal.abort() });
    await expect(runTestExec(impatient, scope, { args: script('touch ran'), entry })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(readdirSync(scope.workspace)).toEqual([]);
  });
});
