import { createSecretKey } from 'node:crypto';
import type { Client } from 'ssh2';

/** Where ssh2 keeps the key of each direction, which it uses for each packet of AES-GCM. */
interface CipherKeys {
  readonly _cipher?: { _encKey?: unknown };
  readonly _decipher?: { _decipherKey?: unknown };
}

/**
 * Has a connection use its keys as key objects. ssh2 makes a cipher for each packet of AES-GCM, with the key as bytes; Node finds out by
 * two exceptions that these are no object, and that takes several times as long as encrypting the packet does. Where ssh2 keeps its keys
 * differently some day, nothing is changed, and transfers are slower.
 */
export function prepareKeys(client: Client): void {
  // At each key exchange, once both directions have the new keys.
  client.on('handshake', () => {
    // No part of the library's interface.
    const { _cipher: cipher, _decipher: decipher } = ('_protocol' in client ? client._protocol : {}) as CipherKeys;
    if (Buffer.isBuffer(cipher?._encKey)) cipher._encKey = createSecretKey(cipher._encKey);
    if (Buffer.isBuffer(decipher?._decipherKey)) decipher._decipherKey = createSecretKey(decipher._decipherKey);
  });
}
