import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findExecSandbox, type MachinePowers, thisMachine } from './exec-sandbox.ts';

function machine(files: readonly string[], works = true): MachinePowers {
  return {
    isExecutable: (path) => files.includes(path),
    isFolder: (path) => path.startsWith('/') && path !== '/missing',
    succeeds: () => works,
    groups: () => undefined,
  };
}

describe('what a machine offers to an exec', () => {
  it("is looked up in the absolute folders of the agent's PATH", () => {
    const found = findExecSandbox('/opt/bin:.:/missing:bin::/usr/bin/:/opt/bin', 1000, machine(['/usr/bin/bwrap']));
    expect(found).toEqual({
      bwrap: '/usr/bin/bwrap',
      prlimit: undefined,
      path: ['/opt/bin', '/usr/bin/'],
      user: undefined,
    });
  });

  it('is no bubblewrap where that is installed but cannot make namespaces', () => {
    expect(findExecSandbox('/usr/bin', 1000, machine(['/usr/bin/bwrap'], false)).bwrap).toBeUndefined();
    expect(findExecSandbox('/usr/bin', 1000, machine([])).bwrap).toBeUndefined();
  });

  it('is another user for what an agent runs that is root', () => {
    expect(findExecSandbox('/usr/bin', 0, machine([])).user).toEqual({ uid: 65534, gid: 65534 });
  });

  it("is looked up past folders that can't be looked at", () => {
    const folder = mkdtempSync(join(tmpdir(), 'waterflow-path-'));
    try {
      const loop = join(folder, 'loop');
      symlinkSync(loop, loop);
      expect(findExecSandbox(`${loop}:${folder}/missing:${folder}`, 1000, thisMachine).path).toEqual([folder]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
