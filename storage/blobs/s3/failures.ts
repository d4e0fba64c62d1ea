import { WaterflowFailure } from '../../../schemas/index.ts';

/** What was being done to which object, `bucket/key`, for messages. */
export interface S3Attempt {
  readonly doing: string;
  readonly place: string;
}

/** What the service answered, as a failure that operators can act on. `code` is S3's own, from the answer's body. */
export function refused(status: number, code: string | undefined, at: S3Attempt): WaterflowFailure {
  const full = status === 507 || code === 'QuotaExceeded' || code === 'XMinioStorageFull';
  return new WaterflowFailure({
    code: full ? 'STORAGE_FULL' : 'STORAGE_FAILED',
    message: `could not ${at.doing}: S3 answered ${status}${code === undefined ? '' : ` ${code}`} for ${at.place}`,
    remedy: full ? 'Make room in the bucket, or raise its quota.' : remedyOf(status, code),
  });
}

/** The service gave no answer, or broke off. */
export function unanswered(cause: unknown, at: S3Attempt): WaterflowFailure {
  if (cause instanceof WaterflowFailure) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new WaterflowFailure(
    {
      code: 'STORAGE_FAILED',
      message: `could not ${at.doing}: S3 did not answer for ${at.place}: ${reason}`,
      remedy: "Check the endpoint's address, and that it is reachable from this machine.",
    },
    { cause },
  );
}

function remedyOf(status: number, code: string | undefined): string {
  if (code === 'RequestTimeTooSkewed') return "Set this machine's clock: it differs too much from the service's.";
  if (code === 'NoSuchBucket') return 'Make the bucket, or correct its name.';
  if (status === 301 || status === 307 || code === 'AuthorizationHeaderMalformed') {
    return 'Correct the endpoint and the region: the bucket lies in another one.';
  }
  if (status === 401 || status === 403) {
    return 'Check the access key, and that it may get, put and delete objects of that bucket, and for archives list them.';
  }
  if (status >= 500 || status === 429) return 'Wait until the service works again, then ask again.';
  return "Look into the service's log, which says more.";
}
