import { addressGroup } from './addresses.ts';
import { HttpProblem } from './problem.ts';

/** A bucket holds a minute's worth of tokens and fills evenly; each request takes one. */
interface Bucket {
  tokens: number;
  at: number;
}

/** What is left to one client, for the headers of its answer. */
export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the bucket is full again. */
  readonly fullAfter: number;
}

/** Clients that are remembered; of more, the one that was away longest is forgotten. */
const mostBuckets = 10_000;
const minuteMs = 60_000;

/** Buckets by name. `perMinute` 0: no limit. */
export class Buckets {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #most: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perMinute: number, now: () => number, most: number = mostBuckets) {
    this.#perMinute = perMinute;
    this.#now = now;
    this.#most = most;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Seconds until there is a token; 0 where there is one. */
  wait(name: string): number {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined || this.#perMinute === 0) return 0;
    const missing = 1 - this.#filled(bucket);
    return missing <= 0 ? 0 : Math.ceil((missing * 60) / this.#perMinute);
  }

  /** Takes a token, also one that isn't there yet: whoever took too many at once waits the longer, but an hour at most. */
  take(name: string): Allowance {
    const now = this.#now();
    const known = this.#buckets.get(name);
    const tokens = (known === undefined ? this.#perMinute : this.#filled(known)) - 1;
    const bucket = { tokens: Math.max(tokens, -60 * this.#perMinute), at: now };
    // Taken out and put in again, it is the newest in the map's order.
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > this.#most) {
      const oldest = this.#buckets.keys().next();
      if (oldest.done !== true) this.#buckets.delete(oldest.value);
    }
    const missing = this.#perMinute - bucket.tokens;
    const fullAfter = this.#perMinute === 0 ? 0 : Math.ceil((missing * 60) / this.#perMinute);
    return { limit: this.#perMinute, remaining: Math.max(0, Math.floor(bucket.tokens)), fullAfter };
  }

  #filled(bucket: Bucket): number {
    const gained = ((this.#now() - bucket.at) / minuteMs) * this.#perMinute;
    return Math.min(this.#perMinute, bucket.tokens + Math.max(0, gained));
  }
}

/** Somebody who wants to be let in. */
export interface Attempt {
  readonly address: string;
  /** What was sent to prove who it is: a digest of it, so that no key is kept. */
  readonly credential: string;
}

/** Requests of a key, or of an address without one; failed authentications of an address. */
export interface RateLimits {
  /** Throws RATE_LIMITED. `key` is whoever was authenticated. Undefined where there is no limit. */
  request(by: { readonly key: string } | { readonly address: string }): Allowance | undefined;
  /**
   * Throws RATE_LIMITED where an address failed too often: it isn't asked who it is then. Whoever was let in before with the same
   * credential still is: a neighbour's mistake, or an attack from the same network, shuts nobody out.
   */
  checkFailures(attempt: Attempt): void;
  failed(attempt: Attempt): void;
  succeeded(attempt: Attempt): void;
}

/** Within a minute; 0: no limit. */
export interface RateLimitSettings {
  readonly requestsPerMinute: number;
  readonly failuresPerMinute: number;
}

/** Limits that can be replaced by others; then everybody begins anew. */
export function renewableRateLimits(
  first: RateLimitSettings,
  now: () => number,
): RateLimits & { readonly limitTo: (limits: RateLimitSettings) => void } {
  let held = first;
  let rates = createRateLimits(first, now);
  return {
    request: (by) => rates.request(by),
    checkFailures: (attempt) => rates.checkFailures(attempt),
    failed: (attempt) => rates.failed(attempt),
    succeeded: (attempt) => rates.succeeded(attempt),
    limitTo: ({ requestsPerMinute, failuresPerMinute }) => {
      if (held.requestsPerMinute === requestsPerMinute && held.failuresPerMinute === failuresPerMinute) return;
      held = { requestsPerMinute, failuresPerMinute };
      rates = createRateLimits(held, now);
    },
  };
}

export function createRateLimits(limits: RateLimitSettings, now: () => number): RateLimits {
  const requests = new Buckets(limits.requestsPerMinute, now);
  const failures = new Buckets(limits.failuresPerMinute, now);
  const letIn = new Set<string>();
  return {
    request: (by) => {
      if (limits.requestsPerMinute === 0) return undefined;
      const name = 'key' in by ? `key ${by.key}` : `address ${addressGroup(by.address)}`;
      const wait = requests.wait(name);
      if (wait > 0) throw tooMany(`more than ${limits.requestsPerMinute} requests within a minute`, wait, limits);
      return requests.take(name);
    },
    checkFailures: ({ address, credential }) => {
      if (limits.failuresPerMinute === 0 || letIn.has(credential)) return;
      const wait = failures.wait(addressGroup(address));
      if (wait > 0) throw tooMany('too many failed authentications from this address', wait);
    },
    failed: ({ address, credential }) => {
      letIn.delete(credential);
      if (limits.failuresPerMinute > 0) failures.take(addressGroup(address));
    },
    succeeded: ({ credential }) => {
      if (limits.failuresPerMinute === 0) return;
      // Taken out and put in again, it is the newest in the set's order.
      letIn.delete(credential);
      letIn.add(credential);
      if (letIn.size <= mostBuckets) return;
      const oldest = letIn.values().next();
      if (oldest.done !== true) letIn.delete(oldest.value);
    },
  };
}

function tooMany(message: string, wait: number, limits?: { readonly requestsPerMinute: number }): HttpProblem {
  const allowance = limits && { limit: limits.requestsPerMinute, remaining: 0, fullAfter: wait };
  const headers = { 'Retry-After': String(wait), ...(allowance === undefined ? {} : rateLimitHeaders(allowance)) };
  const remedy = `Wait ${wait} seconds, as Retry-After says, and send fewer requests.`;
  return new HttpProblem(429, { code: 'RATE_LIMITED', message, remedy }, { headers });
}

/** As https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (draft 10) has them. */
export function rateLimitHeaders({ limit, remaining, fullAfter }: Allowance): Readonly<Record<string, string>> {
  return {
    'RateLimit-Policy': `"requests";q=${limit};w=60`,
    RateLimit: `"requests";r=${remaining};t=${fullAfter}`,
  };
}
