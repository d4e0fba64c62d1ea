import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import winston from 'winston';
import { folderWith } from '../../e2e/command.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { commandLine } from '../testing/terminal.ts';
import { askHealth, serveHealth } from './agent-health.ts';

const log = winston.createLogger({ silent: true });

it('an agent says what keeps it from taking jobs, to its own user alone', async () => {
  const stateDir = folderWith({}) as AbsolutePath; // It is made in an absolute folder.
  const stopping = new AbortController();
  using health = serveHealth({ agent: 'a', stateDir, stopping: stopping.signal, log });
  const missing = async () => (await askHealth(stateDir, 5000)).missing.map(({ part }) => part);
  expect(await askHealth(stateDir, 5000)).toEqual({
    agent: 'a',
    status: 'not_ready',
    missing: [{ part: 'temporal', reason: 'Temporal has not been reached yet' }],
  });
  expect(statSync(join(stateDir, 'health.sock')).mode & 0o777).toBe(0o600);
  health.connected(() => Promise.resolve());
  expect(await askHealth(stateDir, 5000)).toEqual({ agent: 'a', status: 'ready', missing: [] });
  health.connected(() => Promise.reject(new Error('away')));
  expect(await missing()).toEqual(['temporal']);
  stopping.abort();
  expect(await missing()).toEqual(['agent', 'temporal']);
});

it('whoever asks where no agent is, or one that was killed, is told so', async () => {
  const stateDir = folderWith({}) as AbsolutePath;
  await expect(askHealth(stateDir, 5000)).rejects.toMatchObject({ error: { code: 'SERVER_UNAVAILABLE' } });
  await expect(askHealth(join(stateDir, 'nowhere') as AbsolutePath, 5000)).rejects.toThrow('no agent answers');
});

it('the command says so by its exit code', async () => {
  const stateDir = folderWith({}) as AbsolutePath;
  const health = serveHealth({ agent: 'a', stateDir, stopping: new AbortController().signal, log });
  const ask = (...argv: readonly string[]) => commandLine(['agent', 'health', '--state', stateDir, ...argv]);
  const stdout = 'agent a takes no jobs: temporal: Temporal has not been reached yet\n';
  expect(await ask()).toMatchObject({ code: 1, stdout });
  expect(await ask('--live')).toMatchObject({ code: 0, stdout });
  health.connected(() => Promise.resolve());
  expect(await ask()).toMatchObject({ code: 0, stdout: 'agent a takes jobs\n' });
  expect(JSON.parse((await ask('--json')).stdout)).toEqual({
    type: 'agent_health',
    agent: 'a',
    status: 'ready',
    missing: [],
  });
  health[Symbol.dispose]();
  expect(await ask()).toMatchObject({ code: 3, stderr: expect.stringContaining('no agent answers') });
});
