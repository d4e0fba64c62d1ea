import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json, RunId } from '../../../schemas/index.ts';
import { writeKeyFile } from './key-file.ts';
import {
  type NewQueueKey,
  newQueueKey,
  type PrivateQueueKey,
  type PublicQueueKey,
  parsePrivateKey,
  parsePublicKey,
  readPrivateKeys,
} from './queue-keys.ts';
import { openSecrets, type SecretsFor, sealSecrets } from './sealed-secrets.ts';

// The form of a run's id doesn't matter here.
const to: SecretsFor = { tenant: 'team', run: 'run-1' as RunId, queue: 'web' };
const secrets = { TOKEN: 'swordfish', 'A B': '§ä\n"' };
let texts: NewQueueKey;
let pair: Pair;
let other: Pair;

interface Pair {
  readonly publicKey: PublicQueueKey;
  readonly privateKey: PrivateQueueKey;
}

beforeAll(async () => {
  texts = await newQueueKey();
  pair = await pairOf(texts);
  other = await pairOf(await newQueueKey());
});

describe('sealSecrets and openSecrets', () => {
  it('give the secrets to whoever has the private key, over JSON', async () => {
    const sealed = await sealSecrets(secrets, [pair.publicKey], to);
    // As it comes out of a workflow.
    const passed = JSON.parse(JSON.stringify(sealed)) as Json;
    expect(await openSecrets(passed, [other.privateKey, pair.privateKey], to)).toEqual(secrets);
  });

  it('show neither names nor values, nor how long they are', async () => {
    const sealed = await sealSecrets(secrets, [pair.publicKey], to);
    const all = sealed.sealed.map(({ ciphertext }) => Buffer.from(ciphertext, 'base64').toString('latin1')).join('');
    for (const text of ['swordfish', 'TOKEN']) expect(all + JSON.stringify(sealed)).not.toContain(text);
    const longer = await sealSecrets({ ...secrets, TOKEN: 'swordfish, and some more' }, [pair.publicKey], to);
    expect(longer.sealed[0]?.ciphertext).toHaveLength(sealed.sealed[0]?.ciphertext.length ?? 0);
  });

  it('reach agents with the old key and with the new one while it is changed', async () => {
    const sealed = await sealSecrets(secrets, [other.publicKey, pair.publicKey], to);
    for (const { privateKey } of [pair, other]) expect(await openSecrets(sealed, [privateKey], to)).toEqual(secrets);
  });

  it.each([
    ['tenant', { tenant: 'others' }],
    ['run', { run: 'run-2' as RunId }],
    ['queue', { queue: 'db' }],
  ])('are refused for another %s', async (_what, changed) => {
    const sealed = await sealSecrets(secrets, [pair.publicKey], to);
    await expect(openSecrets(sealed, [pair.privateKey], { ...to, ...changed })).rejects.toMatchObject({
      error: { code: 'SECRET_MISSING', message: expect.stringContaining('sealed for another run, queue or tenant') },
    });
  });

  it('are refused where they were changed', async () => {
    const sealed = await sealSecrets(secrets, [pair.publicKey], to);
    const [copy] = sealed.sealed;
    const ciphertext = Buffer.from(copy?.ciphertext ?? '', 'base64');
    ciphertext[5] = (ciphertext[5] ?? 0) ^ 1;
    const changed = { ...sealed, sealed: [{ ...copy, ciphertext: ciphertext.toString('base64') }] } as Json;
    await expect(openSecrets(changed, [pair.privateKey], to)).rejects.toThrow('were changed');
  });

  it('name the key that an agent lacks', async () => {
    const sealed = await sealSecrets(secrets, [pair.publicKey], to);
    await expect(openSecrets(sealed, [other.privateKey], to)).rejects.toThrow(pair.publicKey.id);
  });

  it.each([{}, null, { version: 2, sealed: [] }, { version: 1, sealed: [{ key_id: 'a' }] }])(
    'are refused as %j',
    async (value) => {
      await expect(openSecrets(value, [pair.privateKey], to)).rejects.toThrow('no sealed secrets of version 1');
    },
  );

  it('need a key of the queue', async () => {
    await expect(sealSecrets(secrets, [], to)).rejects.toMatchObject({
      error: { code: 'INVALID_INPUT', message: expect.stringContaining('the queue web') },
    });
  });

  // Made by this module once: later versions must open what is in histories.
  it('open what an earlier version sealed', async () => {
    const key = await parsePrivateKey(fixed.privateKey, 'here');
    expect(await openSecrets(fixed.sealed, [key], to)).toEqual({ TOKEN: 'swordfish' });
  });
});

describe('keys of queues', () => {
  it('have the same name on both sides', () => {
    expect(pair.privateKey.id).toBe(texts.id);
    expect(pair.publicKey.id).toBe(texts.id);
  });

  it("are read from an agent's file", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'waterflow-queue-'));
    const file = join(folder, 'queue.keys');
    await writeKeyFile(file, ['# web', texts.privateKey]);
    expect((await readPrivateKeys(file)).map(({ id }) => id)).toEqual([texts.id]);
    await rm(folder, { recursive: true });
  });

  it('are not mixed up', async () => {
    await expect(parsePublicKey(texts.privateKey, 'here')).rejects.toMatchObject({ error: { code: 'INVALID_INPUT' } });
    await expect(parsePrivateKey(texts.publicKey, 'here')).rejects.toMatchObject({ error: { code: 'INVALID_INPUT' } });
  });
});

async function pairOf({ publicKey, privateKey }: NewQueueKey): Promise<Pair> {
  return { publicKey: await parsePublicKey(publicKey, 'here'), privateKey: await parsePrivateKey(privateKey, 'here') };
}

const fixed = {
  privateKey:
    'wfqueue1_private_qGQFH8ZX_KvKSS_u1INI3VcGuIrmKYi6yd78VqY8e3M.7tHnoZ8fmVkUy5m8Ckn5LGbHhz56TzP4m5FQXJ92vjw',
  sealed: {
    version: 1,
    queue: 'web',
    sealed: [
      {
        key_id: '3d3413080423',
        encapsulated: 'AQuT0yL2QxC8dFQCyRhzezTHJx8Epfb/WmWPuj+zhk8=',
        ciphertext:
          'BUNkHD/BfvSedfIlXeLZq20I8z6XKTF9ajj6CBWNUfnFhMvGOMD0ZdL1+ZeBTYN8GxbhyGhbORPlpdNEgCr4PX8Mcrrx8J2GUy6J9H9ljBi6lbUQdwIln/YTfRPnWk3FLs/oX7Br26r+L02MdntGino19BFHjawtQQgmu85WHSgqP7pI8FNlprSFK3kk3fis118gAHG9QwGvuvzXZNZWV7WJmXPToCeee2BEdk4GmGN+FmvpVhYnA+WTKxMhRjDvemZOmEvf/K7igca3W7FrU89qxQ3sPv3ee1IWndyr8AGR2V3sYlQ6kEyzzy/9O7BKS/mmg3kporw8zD3hA2kFcwjk0PVObDSVAmR5K4n2MoQ=',
      },
    ],
  },
};
