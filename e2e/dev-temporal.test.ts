/** `waterflow dev --temporal`: everything that runs on Temporal need, started and ended with it. */
import { describe, expect, it } from 'vitest';
import { folderWith, start } from './command.ts';
import { descendantsOf, stillRunning } from './processes.ts';
import { needs } from './require.ts';

const workflow = `
name: w
on: manual
jobs:
  work:
    steps:
      - run: echo "through Temporal"
`;

describe.skipIf(!(await needs('temporal')))('waterflow dev --temporal', () => {
  it('runs the file on an agent, and leaves no process when it ends', async () => {
    const folder = folderWith({ 'w.yml': workflow });
    const argv = ['dev', 'w.yml', '--temporal', '--port', '0', '--state', `${folder}/.state`];
    const command = process.env['WATERFLOW_TEMPORAL'];
    const env = command === undefined ? {} : { WATERFLOW_TEMPORAL: command };
    const dev = start(argv, { cwd: folder, env });
    await dev.saying('[work/0] through Temporal');
    const left = descendantsOf(dev.child.pid ?? 0);
    expect(left.length).toBeGreaterThan(1);
    dev.kill('SIGINT');
    expect(await dev.ended).toMatchObject({ code: 0 });
    await expect.poll(() => stillRunning(left)).toEqual([]);
  });
});
