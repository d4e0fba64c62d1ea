import { allJobs } from '../../dsl/index.ts';
import type { Plan } from '../../schemas/index.ts';
import type { Script } from './api.ts';

/** As many hosts as a canary, a batch and what is left of it need to be seen. */
const madeUpHosts = 3;

/** The hosts of a queue: those of the script, else made-up ones, with what that assumes. */
export function hostsOf(
  { plan, script }: { readonly plan: Plan; readonly script: Script },
  { job, queue }: { readonly job: string; readonly queue: string },
): { readonly hosts: readonly string[]; readonly assumed?: string } {
  const given = Object.hasOwn(script.hosts, queue) ? script.hosts[queue] : undefined;
  if (given !== undefined) return { hosts: given };
  const wanted = wantedBy(plan, job);
  const hosts = Array.from({ length: Math.max(madeUpHosts, wanted) }, (_, index) => `${queue}-${index + 1}`);
  return { hosts, assumed: `the queue ${queue} has the hosts ${hosts.join(', ')}` };
}

/** The count of hosts that a job asks for, where the file says one. */
function wantedBy(plan: Plan, key: string): number {
  const id = key.split(' / ').at(-1);
  const most = 1000;
  for (const { job } of allJobs(plan)) {
    const hosts = job.id === id ? job.fleet?.hosts : undefined;
    if (hosts?.kind === 'literal' && typeof hosts.value === 'number') return Math.min(hosts.value, most);
  }
  return 0;
}
