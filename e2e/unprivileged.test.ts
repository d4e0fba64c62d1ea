import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, launcher, RunningCommand, root, summaryOf } from './command.ts';
import { needs } from './require.ts';

/** Nobody: neither root nor the owner of the checkout. */
const nobody = 65534;
const asNobody = ['--reuid', `${nobody}`, '--regid', `${nobody}`, '--clear-groups'];

function possible(): boolean {
  if (process.getuid?.() !== 0) return false; // The whole suite runs without privileges already.
  const { status } = spawnSync('setpriv', [
    ...asNobody,
    process.execPath,
    '-e',
    `fs.accessSync(${JSON.stringify(launcher)})`,
  ]);
  if (status !== 0) process.stderr.write("skipped: another user can't read this checkout; put it where one can\n");
  return status === 0;
}

const confines = await needs('bwrap');

describe.skipIf(!possible())('the command of a user without privileges', () => {
  const waterflow = (argv: readonly string[], home: string) =>
    new RunningCommand('setpriv', [...asNobody, process.execPath, launcher, ...argv], {
      cwd: root,
      env: { HOME: home },
    }).ended;
  const ownHome = (): string => {
    const home = folderWith({});
    chownSync(home, nobody, nobody);
    return home;
  };

  it.skipIf(!confines)('has the confinement that root has, and every limit holds', { timeout: 180_000 }, async () => {
    const { code, stdout } = await waterflow(['doctor', '--json'], ownHome());
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({ code: 0, holds: true, level: 3 });
  });

  it('runs workflows, the hostile one included, and keeps what it writes to itself', async () => {
    const home = ownHome();
    const argv = ['run', 'examples/hostile.yml', '--approve', './examples/plugins/hostile', '--json'];
    const ended = await waterflow(argv, home);
    expect({ code: ended.code, status: summaryOf(ended).status }).toEqual({ code: 0, status: 'success' });
    const state = join(home, '.local', 'state', 'waterflow');
    expect([state, join(state, summaryOf(ended).run)].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o700, 0o700,
    ]);
  });

  it("says which folder it can't write to", async () => {
    const home = folderWith({});
    chmodSync(home, 0o555);
    const { code, stderr } = await waterflow(['run', 'examples/hello.yml'], home);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/^error\[STORAGE_FAILED\] .*EACCES.*\n {2}remedy: /),
    });
  });
});
