/** When a request is sent again, and how long after. */

/** Before the second attempt and after it, in ms: a proxy may need a moment to notice that a server is gone, and a server some seconds to start. */
const waitsMs = [250, 500, 1000, 2000];
/** What proxies answer while the servers behind them are away: whether a request was taken isn't known. */
const ofProxies: ReadonlySet<number> = new Set([500, 502, 504]);

/** How an attempt ended that wasn't a success. */
export type Outcome =
  | { readonly kind: 'no answer'; readonly neverSent: boolean }
  | { readonly kind: 'refused'; readonly status: number; readonly isWaterflow: boolean };

/** Whether the same request may be answered in another way soon, and does no harm. `repeats`: it counts once however often it arrives. */
export function isWorthAnother(outcome: Outcome, { repeats }: { readonly repeats: boolean }): boolean {
  if (outcome.kind === 'no answer') return repeats || outcome.neverSent;
  if (outcome.status === 429) return true;
  // Waterflow says so before it takes a request, which others may not.
  if (outcome.status === 503) return repeats || outcome.isWaterflow;
  return repeats && ofProxies.has(outcome.status);
}

/** How long to wait before another attempt, in ms: what the server says, else ever longer, apart from what others wait. */
export function waitBefore(
  attempt: number,
  { retryAfterMs, random }: { readonly retryAfterMs: number | undefined; readonly random: () => number },
): number {
  const step = waitsMs[Math.min(attempt, waitsMs.length) - 1] ?? 0;
  const jittered = step / 2 + (step / 2) * random();
  return retryAfterMs === undefined ? jittered : retryAfterMs + (step / 2) * random();
}

/** `Retry-After` in ms: seconds, or a date. */
export function retryAfterOf(headers: Headers, now: () => number = Date.now): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const at = /^\d+$/u.test(value) ? now() + Number(value) * 1000 : Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now());
}
