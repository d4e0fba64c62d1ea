import { type CgroupPowers, CgroupTree, detectCgroup } from '../../cgroup/index.ts';

/** The groups that are this agent's to divide, if any are. */
export interface OpenedGroups {
  readonly cgroups?: CgroupTree;
  /** Why there are none. */
  readonly problem?: string;
}

/** Takes over what is delegated to this process, if anything is. */
export function openCgroups(powers: CgroupPowers): OpenedGroups {
  const found = detectCgroup(powers);
  if (found.kind === 'unavailable') return { problem: `${found.why}. ${found.remedy}` };
  try {
    return { cgroups: CgroupTree.takeOver(found.folder, powers) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
