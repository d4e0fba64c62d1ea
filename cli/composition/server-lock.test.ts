import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { lockServerState } from './server-lock.ts';

function newState(): AbsolutePath {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'a', 'state') as AbsolutePath; // tmpdir() is absolute.
}

describe("a server's state folder", () => {
  it('is made for its user alone', () => {
    const state = newState();
    using _lock = lockServerState(state);
    expect(statSync(state).mode & 0o777).toBe(0o700);
    expect(statSync(join(state, 'server-lock.sqlite')).mode & 0o777).toBe(0o600);
  });

  it('is of one server at a time', () => {
    const state = newState();
    const lock = lockServerState(state);
    expect(() => lockServerState(state)).toThrow('another waterflow server uses the state folder');
    lock[Symbol.dispose]();
    lockServerState(state)[Symbol.dispose]();
  });

  it('must be one that can be', () => {
    expect(() => lockServerState('/dev/null/state' as AbsolutePath)).toThrow("can't be used");
  });
});
