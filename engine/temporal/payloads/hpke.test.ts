/** That secrets are sealed as RFC 9180 says: opened here with Node's own primitives, step by step, without the library that sealed them. */
import { createDecipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { expect, it } from 'vitest';
import type { RunId } from '../../../schemas/index.ts';
import { newQueueKey, parsePublicKey } from './queue-keys.ts';
import { sealSecrets } from './sealed-secrets.ts';

// Section 7: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
const kemId = Buffer.from('KEM\x00\x20', 'latin1');
const suiteId = Buffer.from('HPKE\x00\x20\x00\x01\x00\x02', 'latin1');
const version = Buffer.from('HPKE-v1');
const nothing = Buffer.alloc(0);
const tagBytes = 16;

it('opens with an implementation of RFC 9180 of its own', async () => {
  const { id, publicKey, privateKey } = await newQueueKey();
  const to = { tenant: 'team', run: 'run-1' as RunId, queue: 'web' };
  const { sealed } = await sealSecrets({ TOKEN: 'swordfish' }, [await parsePublicKey(publicKey, 'here')], to);
  const [privateText = '', publicText = ''] = privateKey.slice('wfqueue1_private_'.length).split('.');
  const encapsulated = Buffer.from(sealed[0]?.encapsulated ?? '', 'base64');
  const { key, nonce } = schedule(
    decapsulated(encapsulated, privateText, publicText),
    Buffer.from('waterflow secrets 1'),
  );
  const ciphertext = Buffer.from(sealed[0]?.ciphertext ?? '', 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    .setAAD(Buffer.from(JSON.stringify(['waterflow secrets', 1, id, 'team', 'run-1', 'web'])))
    .setAuthTag(ciphertext.subarray(-tagBytes));
  const plain = Buffer.concat([decipher.update(ciphertext.subarray(0, -tagBytes)), decipher.final()]);
  expect(JSON.parse(plain.toString())).toEqual({ TOKEN: 'swordfish' });
});

/** Section 4.1, Decap. */
function decapsulated(encapsulated: Buffer, privateText: string, publicText: string): Buffer {
  const okp = { kty: 'OKP', crv: 'X25519' };
  const ours = createPrivateKey({ key: { ...okp, d: privateText, x: publicText }, format: 'jwk' });
  const theirs = createPublicKey({ key: { ...okp, x: encapsulated.toString('base64url') }, format: 'jwk' });
  const shared = diffieHellman({ privateKey: ours, publicKey: theirs });
  const context = Buffer.concat([encapsulated, Buffer.from(publicText, 'base64url')]);
  return expand(kemId, extract(kemId, nothing, 'eae_prk', shared), 'shared_secret', context, 32);
}

/** Section 5.1, KeySchedule in base mode, for the first message. */
function schedule(shared: Buffer, info: Buffer): { readonly key: Buffer; readonly nonce: Buffer } {
  const pskHash = extract(suiteId, nothing, 'psk_id_hash', nothing);
  const infoHash = extract(suiteId, nothing, 'info_hash', info);
  const context = Buffer.concat([Buffer.of(0), pskHash, infoHash]);
  const secret = extract(suiteId, shared, 'secret', nothing);
  return {
    key: expand(suiteId, secret, 'key', context, 32),
    nonce: expand(suiteId, secret, 'base_nonce', context, 12),
  };
}

/** Section 4, LabeledExtract. */
function extract(suite: Buffer, salt: Buffer, label: string, input: Buffer): Buffer {
  const key = salt.length === 0 ? Buffer.alloc(32) : salt;
  return createHmac('sha256', key).update(version).update(suite).update(label).update(input).digest();
}

/** Section 4, LabeledExpand, of up to one block. */
function expand(suite: Buffer, ...[key, label, info, length]: [Buffer, string, Buffer, number]): Buffer {
  const labeled = Buffer.concat([Buffer.of(0, length), version, suite, Buffer.from(label), info]);
  return createHmac('sha256', key).update(labeled).update(Buffer.of(1)).digest().subarray(0, length);
}
