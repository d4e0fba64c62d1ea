import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { WaterflowFailure } from '../../schemas/index.ts';

/** How keys are hashed. Slow on purpose, so few at a time. */
export interface KeyHasher {
  /** What is stored of a key. */
  hash(text: string): Promise<string>;
  /** Whether a key is the one that was hashed. Takes as long for every key. SERVER_UNAVAILABLE where too many wait. */
  matches(text: string, hash: string): Promise<boolean>;
  /** A hash that no key has, and that takes as long to compare with as any. */
  readonly ofNoKey: string;
}

/** 16 MiB and about 50 ms of one processor. A key has 256 random bits: this is against a key of somebody's own making. */
const cost: Required<Pick<ScryptOptions, 'N' | 'r' | 'p'>> = { N: 16_384, r: 8, p: 1 };
/** A hash in the store may be of an earlier cost, or broken: never more work and memory than this. */
const mostMemoryBytes = 64 * 1024 * 1024;
const saltBytes = 16;
const hashBytes = 32;
/** Half of libuv's threads: the others go on reading files. */
const defaultParallel = 2;
/** At two at a time the last of them waits two seconds or so. */
const defaultWaiting = 64;

const hashForm = /^scrypt\$N=(\d{1,7}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/u;

/** Hashes `parallel` keys at a time and lets `waiting` wait. */
export function createKeyHasher({
  parallel = defaultParallel,
  waiting = defaultWaiting,
}: {
  readonly parallel?: number;
  readonly waiting?: number;
} = {}): KeyHasher {
  const inTurn = createQueue({ parallel, waiting });
  return {
    async hash(text) {
      const salt = randomBytes(saltBytes);
      return hashText(cost, salt, await inTurn(() => derive(text, salt, cost)));
    },
    async matches(text, hash) {
      const [, n, r, p, salt = '', expected = ''] = hashForm.exec(hash) ?? [];
      if (n === undefined) throw brokenHash();
      const options = { N: Number(n), r: Number(r), p: Number(p) };
      const derived = await inTurn(() => derive(text, Buffer.from(salt, 'base64url'), options));
      return timingSafeEqual(derived, Buffer.from(expected, 'base64url'));
    },
    ofNoKey: hashText(cost, randomBytes(saltBytes), randomBytes(hashBytes)),
  };
}

function hashText({ N, r, p }: typeof cost, salt: Buffer, hash: Buffer): string {
  return `scrypt$N=${N},r=${r},p=${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

function derive(text: string, salt: Buffer, options: typeof cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(text, salt, hashBytes, { ...options, maxmem: mostMemoryBytes }, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}

function brokenHash(): WaterflowFailure {
  return new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: 'the stored hash of an API key is no hash',
    remedy: 'Revoke that key and make a new one; find out what else writes to the database.',
  });
}

function createQueue(bounds: {
  readonly parallel: number;
  readonly waiting: number;
}): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiters: (() => void)[] = [];
  let working = 0;
  return async (work) => {
    if (working >= bounds.parallel) {
      if (waiters.length >= bounds.waiting) throw tooBusy();
      // Who is woken takes over the place of the one who wakes.
      await new Promise<void>((resolve) => void waiters.push(resolve));
    } else working += 1;
    try {
      return await work();
    } finally {
      const next = waiters.shift();
      if (next === undefined) working -= 1;
      else next();
    }
  };
}

function tooBusy(): WaterflowFailure {
  return new WaterflowFailure({
    code: 'SERVER_UNAVAILABLE',
    message: 'too many API keys wait to be checked',
    remedy: 'Try again in some seconds.',
  });
}
