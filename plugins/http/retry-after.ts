const firstWaitMs = 1000;

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3); without it each wait is twice the last, up to `longest`. */
export function waitOf(
  retryAfter: string | undefined,
  { attempts, now, longest }: { readonly attempts: number; readonly now: number; readonly longest: number },
): number {
  const otherwise = Math.min(longest, firstWaitMs * 2 ** (attempts - 1));
  if (retryAfter === undefined) return otherwise;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1000;
  // Date.parse() takes almost anything for a date.
  const date = /^[A-Z][a-z]+, \d/.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN;
  return Number.isNaN(date) ? otherwise : Math.max(0, date - now);
}
