import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, launcher, RunningCommand, root, start, summaryOf } from './command.ts';
import { peakMemory } from './processes.ts';

const hello = join(root, 'examples', 'hello.yml');

/** A run whose second step tells by a file that it has begun, and whose third is the end. */
const told = `
name: told
on: manual
jobs:
  a:
    steps:
      - run: seq 1 20000
      - run: echo > "$DONE"
        env: { DONE: "\${{ vars.DONE }}" }
`;

describe('the output of waterflow run', () => {
  it('may be cut off by its reader: the run goes on, says so, and ends with its own code', async () => {
    const folder = folderWith({ 'told.yml': told });
    const done = join(folder, 'done');
    const command = start(['run', 'told.yml', '--state', 'state', '--var', `DONE=${done}`], { cwd: folder });
    await command.saying('started told');
    command.child.stdout.destroy();
    const { code, stderr } = await command.ended;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^nobody reads the output any more; run-\w+ goes on/),
    });
    expect(existsSync(done)).toBe(true);
  });

  it('may be cut off on both streams', async () => {
    const folder = folderWith({ 'told.yml': told });
    const done = join(folder, 'done');
    const command = start(['run', 'told.yml', '--state', 'state', '--var', `DONE=${done}`], { cwd: folder });
    await command.saying('started told');
    command.child.stdout.destroy();
    command.child.stderr.destroy();
    expect(await command.ended).toMatchObject({ code: 0, signal: null });
    expect(existsSync(done)).toBe(true);
  });

  it("that can't be written makes no success of the command", async () => {
    const shell = new RunningCommand('sh', ['-c', '"$@" >/dev/full', '-', process.execPath, launcher, 'plan', hello]);
    const { code, stderr } = await shell.ended;
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('cannot write to stdout: ENOSPC') });
  });

  it('may be read slowly: deadlines hold meanwhile', async () => {
    const folder = folderWith({
      'slow.yml': `
name: slow
on: manual
jobs:
  a:
    steps:
      - timeout-minutes: 0.02
        run: seq 1 300000; sleep 1000
      - if: always()
        run: echo > "$DONE"
        env: { DONE: "\${{ vars.DONE }}" }
`,
    });
    const done = join(folder, 'done');
    const command = start(['run', 'slow.yml', '--state', 'state', '--json', '--var', `DONE=${done}`], { cwd: folder });
    command.child.stdout.pause();
    await command.making(done);
    command.child.stdout.resume();
    const ended = await command.ended;
    expect(summaryOf(ended).jobs['a']?.steps['0']).toMatchObject({ status: 'failure', error: { code: 'TIMEOUT' } });
  });
});

describe('a log of 100 MB', () => {
  const flood = `
name: flood
on: manual
jobs:
  a:
    steps:
      - run: "yes 'the same line again and again, to fill whatever holds it' | head -c 50000000 || true"
      - run: head -c 50000000 /dev/zero | tr '\\0' x
`;

  it.each([[[]], [['--json']]])('goes through in memory that does not grow with it (%j)', async (form) => {
    const folder = folderWith({ 'flood.yml': flood });
    const command = start(['run', 'flood.yml', '--state', 'state', ...form], { cwd: folder });
    let [bytes, peak, tail] = [0, 0, ''];
    let leftOut = false;
    // What the test itself would hold of it doesn't count.
    command.child.stdout.removeAllListeners('data').on('data', (text: string) => {
      bytes += text.length;
      peak = Math.max(peak, memoryOf(command.child.pid));
      leftOut ||= text.includes('are left out here, since they came faster');
      tail = (tail + text).slice(-10_000);
    });
    expect((await command.ended).code).toBe(0);
    expect(tail).toContain(form.length > 0 ? '"type":"summary"' : '✓ flood success');
    // A reader that is too slow is told that it doesn't get everything.
    expect(leftOut || bytes > 100_000_000).toBe(true);
    expect(peak).toBeLessThan(400 * 1024 * 1024);
  });
});

function memoryOf(pid: number | undefined): number {
  try {
    return pid === undefined ? 0 : peakMemory(pid);
  } catch {
    return 0; // It has ended.
  }
}
