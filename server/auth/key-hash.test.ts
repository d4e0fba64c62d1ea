import { describe, expect, it } from 'vitest';
import { createKeyHasher } from './key-hash.ts';

describe('hashing keys', () => {
  it('matches the key that was hashed alone, with the salt and the cost of the hash', async () => {
    const hasher = createKeyHasher();
    const [one, other] = [await hasher.hash('key'), await hasher.hash('key')];
    expect(one).toMatch(/^scrypt\$N=16384,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/u);
    expect(one).not.toBe(other);
    expect(await hasher.matches('key', one)).toBe(true);
    expect(await hasher.matches('Key', one)).toBe(false);
    expect(await hasher.matches('key', one.replace('N=16384', 'N=8192'))).toBe(false);
  });

  it('takes what no key has for a hash, and finds no key to it', async () => {
    const hasher = createKeyHasher();
    expect(await hasher.matches('', hasher.ofNoKey)).toBe(false);
    expect(createKeyHasher().ofNoKey).not.toBe(hasher.ofNoKey);
  });

  it.each(['', 'plain', 'scrypt$N=16384,r=8,p=1$short$short'])('refuses %j as a hash', async (hash) => {
    await expect(createKeyHasher().matches('key', hash)).rejects.toMatchObject({ error: { code: 'STORAGE_FAILED' } });
  });

  it('spends no more memory than a hash of ours could need, whatever the store says', async () => {
    const hasher = createKeyHasher();
    const greedy = hasher.ofNoKey.replace('N=16384', 'N=4194304');
    await expect(hasher.matches('key', greedy)).rejects.toThrow(/memory limit/iu);
  });

  it('lets so many wait and turns the others away, and goes on', async () => {
    const hasher = createKeyHasher({ parallel: 1, waiting: 2 });
    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => hasher.matches('key', hasher.ofNoKey)));
    expect(answers.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(answers[4]).toMatchObject({ reason: { error: { code: 'SERVER_UNAVAILABLE' } } });
    expect(await hasher.matches('key', hasher.ofNoKey)).toBe(false);
  });
});
