import type { SerializationContext } from '@temporalio/common';

/**
 * What a payload is for. It stands beside the ciphertext, which authenticates it: Temporal's UI can have a payload decrypted that
 * comes without its place, and whoever knows the place compares. Identifiers only: Temporal knows them anyway.
 */
export interface Binding {
  readonly namespace: string;
  /** `other`: whoever encrypted wasn't told what for. */
  readonly purpose: 'workflow' | 'activity' | 'other';
  /** The run's or the job's workflow id; all that one schedule starts share it, since Temporal hands results on from one to the next. */
  readonly workflow?: string;
  readonly activity?: string;
}

/** What Temporal appends to the workflow ids of a schedule's runs. */
const scheduledAt = /-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** The binding of a payload in its place, as the SDK tells it. */
export function bindingOf(context: SerializationContext | undefined, namespace: string): Binding {
  if (context === undefined) return { namespace, purpose: 'other' };
  const { type, workflowId } = context;
  return {
    namespace: context.namespace,
    purpose: type,
    ...(workflowId === undefined ? {} : { workflow: workflowId.replace(scheduledAt, '') }),
    ...(type === 'activity' && context.activityId !== undefined ? { activity: context.activityId } : {}),
  };
}

/** A binding as text, always the same for the same one. */
export function bindingText({ namespace, purpose, workflow, activity }: Binding): string {
  return JSON.stringify({ namespace, purpose, workflow, activity });
}

/** Reads one; undefined for other texts. What it says holds only once the ciphertext has been opened. */
export function parseBinding(text: string): Binding | undefined {
  try {
    const binding: unknown = JSON.parse(text);
    if (typeof binding !== 'object' || binding === null || !('namespace' in binding)) return undefined;
    // Only what was encrypted with a key of ours has such a text, and bindingText() wrote it.
    return binding as Binding;
  } catch {
    return undefined;
  }
}

/** Whether a payload with that binding belongs in a place. Where one of the two isn't told, the namespace still counts. */
export function belongs(binding: Binding, place: Binding): boolean {
  if (binding.namespace !== place.namespace) return false;
  if (binding.purpose === 'other' || place.purpose === 'other') return true;
  return (
    binding.purpose === place.purpose &&
    sameWhereTold(binding.workflow, place.workflow) &&
    sameWhereTold(binding.activity, place.activity)
  );
}

/** For messages: whose the payloads in a place are. */
export function ownerOf({ purpose, workflow, activity, namespace }: Binding): string {
  const owner = workflow ?? `a workflow in the namespace ${namespace}`;
  return purpose === 'activity' && activity !== undefined ? `activity ${activity} of ${owner}` : owner;
}

function sameWhereTold(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}
