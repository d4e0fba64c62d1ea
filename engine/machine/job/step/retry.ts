import type { RetryPolicy } from '../../../../schemas/index.ts';
import type { Failure } from '../sequence/sequence.ts';

/** True where a policy covers this failure and attempts are left. A failure without a class is never tried again. */
export function mayRetry(
  policy: RetryPolicy | undefined,
  failure: Failure,
  attempts: { readonly made: number; readonly most: number },
): policy is RetryPolicy {
  if (policy === undefined || failure.class === undefined) return false;
  return policy.on.includes(failure.class) && attempts.made < attempts.most;
}

/** How long to wait after so many attempts, in whole ms: exponential, up to the policy's maximum. */
export function retryDelay(policy: RetryPolicy, made: number): number {
  if (policy.initial_interval_ms === 0) return 0;
  const delay = policy.initial_interval_ms * policy.backoff_coefficient ** (made - 1);
  // A power too large for a number is Infinity, which the maximum bounds.
  return Math.round(Math.min(delay, policy.maximum_interval_ms));
}
