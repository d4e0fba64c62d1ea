import { sizeText } from '../../../schemas/index.ts';
import type { Cgroup } from '../../cgroup/index.ts';
import type { ExecSandbox } from '../capability.ts';
import type { ExecLimits } from './limits.ts';
import { tooMuch, type Watch } from './watchdog.ts';

/** A control group that one program and all that it starts live in. */
export interface ProgramGroup extends AsyncDisposable {
  add(pid: number): void;
  readonly watch: Watch;
}

/** Processes over the limit that the kernel lets be: the watchdog then sees that there are too many, and says so. */
export const processHeadroom = 16;

/** Makes one where the machine has groups to give; the kernel then counts all memory, also what no process maps. */
export function groupProgram(sandbox: ExecSandbox, limits: ExecLimits): ProgramGroup | undefined {
  const { memory, processes } = limits;
  const group = sandbox.groups?.create('execs', {
    ...(memory === undefined ? {} : { memory_bytes: memory }),
    ...(processes === undefined ? {} : { pids: processes + processHeadroom }),
  });
  if (group === undefined) return undefined;
  return {
    add: (pid) => group.add(pid),
    watch: () => ({ check: () => outOfMemory(group, memory), [Symbol.dispose]: () => undefined }),
    async [Symbol.asyncDispose]() {
      group.kill();
      if (!(await group.remove()))
        throw new Error(`processes of the exec don't end although they were killed: ${group.folder}`);
    },
  };
}

function outOfMemory(group: Cgroup, memory: number | undefined): ReturnType<typeof tooMuch> | undefined {
  if (memory === undefined || group.facts().oom_kills === 0) return undefined;
  return tooMuch('memory', `it took more than ${sizeText(memory)} of memory`);
}
