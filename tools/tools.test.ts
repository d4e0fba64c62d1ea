import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '..');

function run(argv: readonly string[], options: { readonly cwd?: string; readonly path?: string } = {}) {
  const { WATERFLOW_TOTALS: _, ...env } = process.env;
  return spawnSync(process.execPath, argv, {
    cwd: options.cwd ?? root,
    encoding: 'utf8',
    env: { ...env, ...(options.path === undefined ? {} : { PATH: options.path }) },
  });
}

function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-tools-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The bootstrap in a folder whose dependencies are not there, with an npm that only notes how it was called. */
function emptyClone(npmScript: string) {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'tools'));
  cpSync(join(root, 'tools', 'bootstrap.mjs'), join(folder, 'tools', 'bootstrap.mjs'));
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'npm'), `#!/bin/sh\necho "$@" >> npm-calls\n${npmScript}\n`, { mode: 0o755 });
  const task = () =>
    run(['tools/bootstrap.mjs', 'bench'], { cwd: folder, path: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` });
  return { folder, task, calls: () => readFileSync(join(folder, 'npm-calls'), 'utf8').trim().split('\n') };
}

/** An npm that puts a Node there that only tells its arguments. */
const installsNode = `mkdir -p node_modules/node/bin
printf '#!/bin/sh\\necho "node $@"\\n' > node_modules/node/bin/node
chmod +x node_modules/node/bin/node`;

describe('the bootstrap of npm scripts', () => {
  it('installs what is missing once, then hands over to the Node that came with it', () => {
    const clone = emptyClone(installsNode);
    const first = clone.task();
    expect(first).toMatchObject({ status: 0, stdout: 'node --max-semi-space-size=4 bench/main.ts\n' });
    expect(first.stderr).toContain('Installing dependencies');
    expect(clone.task()).toMatchObject({ status: 0, stderr: '' });
    expect(clone.calls()).toEqual([expect.stringMatching(/^install /)]);
  });

  it('installs again when the lock file has changed', () => {
    const clone = emptyClone(installsNode);
    clone.task();
    writeFileSync(join(clone.folder, 'package-lock.json'), '{ "changed": true }');
    clone.task();
    expect(clone.calls()).toHaveLength(2);
  });

  it("ends with npm's exit code where the installation fails, and tries again the next time", () => {
    const clone = emptyClone('exit 7');
    expect(clone.task().status).toBe(7);
    expect(clone.task().status).toBe(7);
    expect(clone.calls()).toHaveLength(2);
  });

  it('refuses an unknown task by naming the known ones', () => {
    expect(run(['tools/bootstrap.mjs', 'tset'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/unknown task "tset"; known: quickstart, test, .*check/),
    });
  });
});

describe('npm test', () => {
  it('ends with the totals as its last line', () => {
    const { status, stdout } = run(['tools/test.ts', 'schemas/size.test.ts']);
    expect({ status, last: stdout.trim().split('\n').at(-1) }).toEqual({
      status: 0,
      last: expect.stringMatching(/^[1-9]\d* passed, 0 failed, 0 skipped$/),
    });
  });

  it('says so where no test was found, and fails', () => {
    const { status, stdout } = run(['tools/test.ts', 'no/such/file']);
    expect(status).not.toBe(0);
    expect(stdout.trim().split('\n').at(-1)).toMatch(/^0 passed, 0 failed, 0 skipped$|^no totals/);
  });
});
