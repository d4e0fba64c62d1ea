import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { readProcess } from '../exec/proc.ts';
import { currentOwner, formatOwner, parseOwner, stateOfOwner } from './owner.ts';

test('a label is read as it was written; anything else is none', async () => {
  const self = await currentOwner();
  expect(parseOwner(formatOwner(self))).toEqual(self);
  expect(parseOwner('root')).toBeUndefined();
  expect(parseOwner(`${formatOwner(self)}/x`)).toBeUndefined();
});

test('an owner is gone when its process is, also if another has its pid now', async () => {
  const self = await currentOwner();
  const child = spawn('sleep', ['1000']);
  const info = await readProcess(child.pid ?? 0);
  const owner = { ...self, pid: child.pid ?? 0, startTime: info?.startTime ?? '' };
  expect(await stateOfOwner(owner, self)).toBe('alive');
  expect(await stateOfOwner({ ...owner, startTime: '1' }, self)).toBe('gone');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await stateOfOwner(owner, self)).toBe('gone');
});

test('an owner of an earlier boot is gone; one in another PID namespace can not be seen', async () => {
  const self = await currentOwner();
  expect(await stateOfOwner({ ...self, boot: '00000000-0000-0000-0000-000000000000' }, self)).toBe('gone');
  expect(await stateOfOwner({ ...self, namespace: '1' }, self)).toBe('unknown');
});
