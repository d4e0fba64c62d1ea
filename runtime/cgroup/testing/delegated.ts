import { type CgroupPowers, systemCgroupPowers } from '../powers.ts';

/** The powers of an agent whose group everything of this test run is in, its runner as well. */
export function delegatedToTests(): CgroupPowers {
  const own = /^0::(.*)$/m.exec(systemCgroupPowers.readText('/proc/self/cgroup') ?? '')?.[1] ?? '';
  const beside = systemCgroupPowers.readText(`/sys/fs/cgroup${own}/cgroup.procs`) ?? '';
  return { ...systemCgroupPowers, ownProcesses: [process.pid, ...beside.split('\n').filter(Boolean).map(Number)] };
}
