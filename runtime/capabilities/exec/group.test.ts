import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { type CgroupLimits, CgroupTree } from '../../cgroup/index.ts';
import { kernelLikeTree } from '../../cgroup/testing/kernel-like-tree.ts';
import { execCapability } from '../exec.ts';
import { makeTestScope } from '../testing/call.ts';
import { anythingConfined, type ExecAnswer, runTestExec, script } from './testing/run.ts';

const here = await needs('bwrap');
const unit = '/system.slice/waterflow-agent.service';
const entry = { ...anythingConfined, limits: { memory: '64MiB', processes: 10 } };

/** Runs a program in a group; `look` is handed the group's folder once the program runs. */
async function runInGroup(
  look: (folder: string) => void,
): Promise<{ readonly answer: ExecAnswer; readonly folders: string[] }> {
  const tree = kernelLikeTree(unit);
  const groups = CgroupTree.takeOver(join(tree.root, unit), tree.powers);
  const folders: string[] = [];
  const create = (use: 'execs', limits: CgroupLimits): ReturnType<CgroupTree['create']> => {
    const group = groups.create(use, limits);
    folders.push(group.folder);
    return group;
  };
  await using scope = makeTestScope({ sandbox: { groups: { create } }, log: () => look(folders[0] ?? '') });
  const answer = await runTestExec(execCapability, scope, { args: script('echo running', { stdout: 'log' }), entry });
  return { answer, folders };
}

// A machine without delegated groups, as those that tests run on mostly are, has a folder that behaves like one.
describe.skipIf(!here)('a program where control groups were delegated to the agent', () => {
  test('is in a group of its own before it starts, with its limits; nothing is left of it', async () => {
    const seen: Record<string, string> = {};
    const { answer, folders } = await runInGroup((folder) => {
      for (const name of ['cgroup.procs', 'memory.max', 'pids.max'])
        seen[name] = readFileSync(join(folder, name), 'utf8');
    });
    expect(answer.exit_code).toBe(0);
    expect(seen).toEqual({
      'cgroup.procs': expect.stringMatching(/^\d+\n$/),
      'memory.max': String(64 * 1024 ** 2),
      // The watchdog sees that there are too many only where there can be.
      'pids.max': '26',
    });
    expect(folders.map((folder) => existsSync(folder))).toEqual([false]);
  });

  test('that the kernel killed for its memory has exceeded that limit, however it ended', async () => {
    const killed = runInGroup((folder) => writeFileSync(join(folder, 'memory.events'), 'oom 1\noom_kill 1\n'));
    await expect(killed).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', rule: 'exec limits: memory' });
  });
});
