import { parseDuration, parseSize } from '../../schemas/index.ts';
import type { Policy } from './api.ts';

/** What can be bounded beside wall time and memory, under the names that a policy uses. */
export type BoundName = 'cpu' | 'host-calls' | 'bytes' | 'programs' | 'log-lines' | 'concurrency';

/** A limit of the policy, and the rule that set it. */
export interface Bound {
  readonly name: BoundName;
  /** `cpu` in milliseconds, `bytes` in bytes, the others counted. */
  readonly most: number;
  /** For the error: `policy policies/default.yaml:14`. */
  readonly rule: string;
}

/** As a policy writes them, in a rule's `limits` or in `quotas`. */
export interface WrittenBounds {
  readonly cpu?: string;
  readonly 'host-calls'?: number;
  readonly bytes?: string;
  readonly programs?: number;
  readonly 'log-lines'?: number;
  readonly concurrency?: number;
}

/** What a run, and what a tenant, may use on an agent. */
export interface PolicyQuotas {
  readonly run: readonly Bound[];
  readonly tenant: readonly Bound[];
}

/** Written limits -> bounds. A duration or size that can't be read was refused with the policy. */
export function boundsOf(written: WrittenBounds | undefined, rule: string): readonly Bound[] {
  if (written === undefined) return [];
  const amounts: Readonly<Record<BoundName, number | undefined>> = {
    cpu: parseDuration(written.cpu ?? ''),
    'host-calls': written['host-calls'],
    bytes: parseSize(written.bytes ?? ''),
    programs: written.programs,
    'log-lines': written['log-lines'],
    concurrency: written.concurrency,
  };
  return Object.entries(amounts).flatMap(([name, most]) =>
    // The keys of the record above.
    most === undefined ? [] : [{ name: name as BoundName, most, rule }],
  );
}

/** Of each name the least. */
export function leastBounds(bounds: readonly Bound[]): readonly Bound[] {
  const least = new Map<BoundName, Bound>();
  for (const bound of bounds) {
    const known = least.get(bound.name);
    if (known === undefined || bound.most < known.most) least.set(bound.name, bound);
  }
  return [...least.values()];
}

/** The policy's `quotas`. */
export function quotasOf(policy: Policy): PolicyQuotas {
  const { quotas } = policy.content;
  const of = (scope: 'run' | 'tenant'): readonly Bound[] => {
    const line = policy.quota_lines?.[scope];
    return boundsOf(quotas?.[scope], `policy ${policy.file}${line === undefined ? '' : `:${line}`} quotas.${scope}`);
  };
  return { run: of('run'), tenant: of('tenant') };
}
