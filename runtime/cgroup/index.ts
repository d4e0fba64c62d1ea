export { type CgroupDetection, detectCgroup } from './detect.ts';
export { gated, gateOpener } from './gate.ts';
export type { Cgroup, CgroupFacts, CgroupLimits } from './group.ts';
export { type CgroupPowers, systemCgroupPowers } from './powers.ts';
export { CgroupTree, type CgroupUse } from './tree.ts';
