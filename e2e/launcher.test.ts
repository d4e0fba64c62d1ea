import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const launcher = join(import.meta.dirname, '..', 'bin', 'waterflow');

/** A command that goes on until its input ends, started as the launcher of an older Node starts it. */
async function startCommand(env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const child = fork(launcher, ['eval', '--batch'], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  });
  child.stdin?.write('{"expr":"1","contexts":{}}\n');
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

describe('the command that an older Node handed over to', () => {
  it('ends when the process that handed over is gone', async () => {
    const child = await startCommand({ WATERFLOW_LAUNCHER: '1' });
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  });

  it('ends by itself as well', async () => {
    const child = await startCommand({ WATERFLOW_LAUNCHER: '1' });
    child.stdin?.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

describe('the command that somebody forked for themselves', () => {
  it('goes on without a channel to them', async () => {
    const child = await startCommand({});
    child.disconnect();
    child.stdin?.end('{"expr":"2","contexts":{}}\n');
    const [rest, [code]] = await Promise.all([child.stdout === null ? '' : text(child.stdout), once(child, 'exit')]);
    expect({ code, rest }).toEqual({ code: 0, rest: expect.stringContaining('2') });
  });
});
