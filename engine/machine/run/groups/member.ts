import type { GroupMember } from '../protocol.ts';

/** What a workflow is called among the members of a concurrency group. No job can be called so: an id begins with a letter or `_`. */
const workflow = '@run';
const separator = ' / ';

/** A workflow, called by the job `caller` or, where that is absent, the run's own; or a job. */
export type ReadMember =
  | { readonly kind: 'workflow'; readonly caller?: string }
  | { readonly kind: 'job'; readonly job: string };

/** Who a workflow is in its concurrency group. `prefix` stands before the keys of its jobs. */
export function workflowMember(prefix: string): GroupMember {
  return `${prefix}${workflow}`;
}

/** What {@link workflowMember} made, or a job's key. */
export function readMember(member: GroupMember): ReadMember {
  if (member === workflow) return { kind: 'workflow' };
  const ending = `${separator}${workflow}`;
  return member.endsWith(ending)
    ? { kind: 'workflow', caller: member.slice(0, -ending.length) }
    : { kind: 'job', job: member };
}
