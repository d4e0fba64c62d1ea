import { createCipheriv, createHash } from 'node:crypto';

/** Time and chance of an invocation that must come out the same again. */
export interface Determinism {
  readonly clock: {
    now(): number;
    /** A sleep that begins now; its end moves the clock, if it isn't that far yet. Sleeps that overlap don't add up. */
    sleeping(ms: number): { over(): void };
  };
  readonly random: { bytes(length: number): Uint8Array };
  /** What the guest's own `Date` and `Math.random` begin with. */
  readonly guest: { readonly now_ms: number; readonly seed: string };
}

/** What an invocation's seed is made of: where it stands and which bytes run, not when, nor how often. */
export interface SeedParts {
  readonly tenant: string;
  readonly workflow: string;
  readonly job: string;
  readonly step: string;
  readonly digest: string;
}

/** Begins at a time, with a seed that is the same for the same parts: for a retry, a rerun, and another run of the workflow. */
export function createDeterminism(startMs: number, parts: SeedParts): Determinism {
  const { tenant, workflow, job, step, digest } = parts;
  const seedFor = (use: string): Buffer =>
    createHash('sha256')
      .update(JSON.stringify([use, tenant, workflow, job, step, digest]))
      .digest();
  let time = startMs;
  return {
    clock: {
      now: () => time,
      sleeping(ms) {
        const end = time + ms;
        return {
          over() {
            time = Math.max(time, end);
          },
        };
      },
    },
    random: randomOf(seedFor('calls')),
    guest: { now_ms: startMs, seed: seedFor('guest').toString('hex') },
  };
}

/** The key stream of AES-256 in counter mode, which is what CTR_DRBG gives between reseedings (NIST SP 800-90A, 10.2.1). */
function randomOf(seed: Buffer): Determinism['random'] {
  const cipher = createCipheriv('aes-256-ctr', seed, Buffer.alloc(16));
  return { bytes: (length) => new Uint8Array(cipher.update(Buffer.alloc(length))) };
}

const timeDigits = 10;
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** When a run was made, in ms since the epoch, as its id says (the first ten digits of a ULID); 0 for an id of another form. */
export function startOfRun(run: string): number {
  const digits = run.startsWith('run-') ? run.slice('run-'.length, 'run-'.length + timeDigits) : '';
  if (digits.length !== timeDigits) return 0;
  let time = 0;
  for (const digit of digits) {
    const value = alphabet.indexOf(digit);
    if (value < 0) return 0;
    time = time * alphabet.length + value;
  }
  return time;
}
