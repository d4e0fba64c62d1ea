import { describe, expect, it } from 'vitest';
import { findExecSandbox, type MachinePowers } from './exec-sandbox.ts';

function machine(files: readonly string[], works = true): MachinePowers {
  return {
    isExecutable: (path) => files.includes(path),
    isFolder: (path) => path.startsWith('/') && path !== '/missing',
    succeeds: () => works,
  };
}

describe('what a machine offers to an exec', () => {
  it('is looked up in the absolute folders of the agent’s PATH', () => {
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
});
