import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixFor } from './fixes.ts';
import { checkMachine, type MachinePlaces } from './machine-checks.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function check(name: string, places: Partial<MachinePlaces> = {}) {
  const all = checkMachine({
    state: join(newFolder(), 'state'),
    temporary: tmpdir(),
    path: process.env['PATH'] ?? '',
    now: Date.now,
    ...places,
  });
  return all.find((each) => each.name === name);
}

describe('doctor, of the machine', () => {
  it('finds nothing wrong with a folder that is made later, and with one of its own', () => {
    expect(check('state folder')).toMatchObject({ status: 'ok', found: expect.stringContaining('first run') });
    expect(check('state folder', { state: newFolder() })).toMatchObject({ status: 'ok' });
  });

  it('refuses a state folder that others may write to, or that is made in one', () => {
    const open = newFolder();
    chmodSync(open, 0o777);
    for (const state of [open, join(open, 'a', 'b')]) {
      expect(check('state folder', { state })).toMatchObject({ status: 'failed', fix: `chmod go-w ${open}` });
    }
    chmodSync(open, 0o1777);
    expect(check('state folder', { state: join(open, 'a') })).toMatchObject({ status: 'ok' });
  });

  it.skipIf(process.getuid?.() !== 0)("refuses a state folder that is somebody else's", () => {
    const state = join(newFolder(), 'state');
    mkdirSync(state);
    chownSync(state, 65534, 65534);
    expect(check('state folder', { state })).toMatchObject({
      status: 'failed',
      found: `${state} belongs to uid 65534`,
    });
  });

  it('refuses a clock that is before the software, or before the machine was started', () => {
    expect(check('clock')).toMatchObject({ status: 'ok' });
    expect(check('clock', { now: () => 0 })).toMatchObject({ status: 'failed', fix: expect.stringContaining('ntp') });
  });

  it('knows the free space of the disk', () => {
    expect(check('disk: state')?.found).toMatch(/^\d+ MiB free at \//);
  });
});

describe('doctor, of a reason', () => {
  it.each([
    ['bubblewrap (bwrap) is not installed', 'apt-get install bubblewrap'],
    ['a sandbox host did not start: bwrap: No permissions to create new namespace', 'user_namespaces'],
    ['a sandbox host did not start: bwrap: Creating new namespace failed: Operation not permitted', 'seccomp.json'],
    ['no seccomp filter for this system (linux riscv64)', 'x64 or arm64'],
  ])('knows the fix: %s', (reason, fix) => {
    expect(fixFor(reason)).toContain(fix);
  });

  it('has none where the reason says it', () => {
    expect(fixFor('the group /x is not delegated to this user. Start the agent in a group of its own')).toBeUndefined();
  });
});
