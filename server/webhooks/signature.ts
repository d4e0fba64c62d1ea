import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Header of our own signatures: `t=<unix seconds>,v1=<hex>`, HMAC-SHA-256 over `<t>.<body>`. */
export const signatureHeader: string = 'x-waterflow-signature';
const githubSignatureHeader = 'x-hub-signature-256';
const githubDeliveryHeader = 'x-github-delivery';

/** A signature is good for so long before and after its time, in ms. */
export const toleranceMs: number = 5 * 60_000;
/** A delivery with our signature is remembered well beyond the time for which that is good. */
const ownMemoryMs = 24 * 60 * 60_000;
/** GitHub signs no time, and sends a delivery again for three days when asked to. */
const githubMemoryMs = 30 * 24 * 60 * 60_000;
/** While a secret is changed, a sender may sign with both. */
const mostSignatures = 4;

/** A request as it came. */
export interface SignedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** What is signed, with what, and by what a repetition is known. */
interface Claim {
  /** Before the body. */
  readonly prefix: string;
  readonly signatures: readonly Buffer[];
  readonly isInTime: boolean;
  /** Undefined: the signature itself. */
  readonly delivery?: string;
  readonly memoryMs: number;
}

/** A delivery that was signed with the secret. `id` is the same if it comes again, until `expiresAt` (ms since the epoch). */
export interface SignedDelivery {
  readonly id: string;
  readonly expiresAt: number;
}

/**
 * Checks a request's signature: our own, or GitHub's where there is none. Undefined where it isn't one of this secret, or too old. The
 * signature of a well-formed request is computed and compared in the same time whatever it is.
 */
export function verify(request: SignedRequest, secret: string): SignedDelivery | undefined {
  const claim = ownClaim(request) ?? githubClaim(request) ?? noClaim;
  const expected = createHmac('sha256', secret).update(claim.prefix).update(request.body).digest();
  // All of them, so that it doesn't show which was right.
  const matches = claim.signatures.filter((signature) => timingSafeEqual(signature, expected));
  if (matches.length === 0 || !claim.isInTime) return undefined;
  return {
    id: claim.delivery ?? `v1:${expected.toString('hex')}`,
    expiresAt: request.receivedAt + claim.memoryMs,
  };
}

/** The value of `X-Waterflow-Signature` for a body. */
export function sign(body: Uint8Array, secret: string, seconds: number): string {
  const signature = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
  return `t=${seconds},v1=${signature}`;
}

/** Computes a signature all the same. */
const noClaim: Claim = { prefix: '', signatures: [], isInTime: false, memoryMs: 0 };

function ownClaim({ headers, receivedAt }: SignedRequest): Claim | undefined {
  const header = headers[signatureHeader];
  if (header === undefined) return undefined;
  // Node joins a header that came twice, which then has two times.
  const parts = String(header)
    .split(',')
    .map((part) => part.trim());
  const times = parts.filter((part) => part.startsWith('t='));
  const [seconds] = times.map((part) => /^t=(\d{1,12})$/.exec(part)?.[1]);
  const signatures = parts.flatMap((part) => hexDigest(part, 'v1='));
  if (times.length !== 1 || seconds === undefined || signatures.length > mostSignatures) return noClaim;
  return {
    prefix: `${seconds}.`,
    signatures,
    isInTime: Math.abs(receivedAt - Number(seconds) * 1000) <= toleranceMs,
    memoryMs: ownMemoryMs,
  };
}

function githubClaim({ headers, body }: SignedRequest): Claim | undefined {
  const header = headers[githubSignatureHeader];
  if (header === undefined) return undefined;
  const delivery = String(headers[githubDeliveryHeader] ?? '');
  if (!/^[\w-]{1,100}$/.test(delivery) || beginsWithTime(body)) return noClaim;
  const signatures = hexDigest(String(header), 'sha256=');
  return { prefix: '', signatures, isInTime: true, delivery: `github:${delivery}`, memoryMs: githubMemoryMs };
}

/** What our own signatures are over: else one of them, once seen, would be good for ever as a signature of GitHub's over just that text. */
function beginsWithTime(body: Uint8Array): boolean {
  return /^\d+\./.test(Buffer.from(body.subarray(0, 16)).toString('latin1'));
}

function hexDigest(text: string, prefix: string): readonly Buffer[] {
  const hex = text.startsWith(prefix) ? text.slice(prefix.length) : '';
  return /^[0-9a-f]{64}$/i.test(hex) ? [Buffer.from(hex, 'hex')] : [];
}
