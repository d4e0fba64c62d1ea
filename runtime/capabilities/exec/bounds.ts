import type { CallScope } from '../capability.ts';
import type { BinarySearch } from './binary.ts';
import type { Egress } from './egress/open.ts';
import type { Owner } from './folder.ts';
import { groupProgram, type ProgramGroup } from './group.ts';
import type { ExecLimits } from './limits.ts';
import type { ExecMachinePowers, ExecPowers } from './powers.ts';
import { processLimit } from './process-limit.ts';
import type { Launch } from './program.ts';
import { type Watch, watchLimits } from './watchdog.ts';

/** What holds a program within its limits, from before its start to its end. */
export interface Bounds extends AsyncDisposable {
  /** Undefined where nothing has to be made ready. */
  readonly prepare: Launch['prepare'];
  readonly watches: readonly Watch[];
}

/** What is bounded, and by which means. */
export interface BoundsRequest {
  readonly limits: ExecLimits;
  readonly egress: Egress | undefined;
  readonly owner: Owner;
  readonly profile: 'workspace' | 'host';
  readonly sandbox: CallScope['sandbox'];
  readonly search: BinarySearch;
  readonly powers: ExecPowers;
  readonly machine: ExecMachinePowers;
}

/** Puts together what this machine has: a control group, the kernel's count of processes, and a watchdog in any case. */
export function boundProgram(request: BoundsRequest): Bounds {
  const { limits, egress, sandbox, powers } = request;
  const bounded = limits.memory !== undefined || limits.processes !== undefined;
  const group = bounded ? groupProgram(sandbox, limits) : undefined;
  const steps = [
    ...(group === undefined ? [] : [async (first: number) => group.add(first)]),
    ...kernelCount(request, group),
    ...(egress === undefined ? [] : [egress.prepare]),
  ];
  return {
    prepare: steps.length === 0 ? undefined : (first) => inOrder(steps, first),
    watches: [
      ...(bounded ? [watchLimits(limits, powers)] : []),
      ...(group === undefined ? [] : [group.watch]),
      ...(egress === undefined ? [] : [watchEgress(egress)]),
    ],
    [Symbol.asyncDispose]: async () => group?.[Symbol.asyncDispose](),
  };
}

/** The kernel's own count of processes, where no group has one. */
function kernelCount(
  { limits, owner, profile, sandbox, search, powers, machine }: BoundsRequest,
  group: ProgramGroup | undefined,
): readonly ((first: number) => Promise<void>)[] {
  if (group !== undefined || profile === 'host' || limits.processes === undefined) return [];
  const { prlimit } = sandbox;
  const limit = processLimit(limits.processes, { prlimit, owner, ...machine, search, powers });
  return limit === undefined ? [] : [limit];
}

async function inOrder(steps: readonly ((first: number) => Promise<void>)[], first: number): Promise<void> {
  for (const step of steps) await step(first);
}

function watchEgress(egress: Egress): Watch {
  return (_program, stop) => {
    let over = false;
    const wait = async (): Promise<void> => {
      const failure = await egress.exceeded;
      if (!over) stop(failure);
    };
    void wait();
    return {
      [Symbol.dispose]() {
        over = true;
      },
    };
  };
}
