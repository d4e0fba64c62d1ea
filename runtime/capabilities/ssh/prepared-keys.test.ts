import { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { makeTestScope } from '../testing/call.ts';
import { prepareKeys } from './prepared-keys.ts';
import { ssh } from './testing/call.ts';
import { startSshd } from './testing/sshd.ts';

/** The key of each direction, as ssh2 has it. */
function keysOf(client: ssh2.Client): readonly unknown[] {
  const protocol: unknown = Reflect.get(client, '_protocol');
  const { _cipher: cipher, _decipher: decipher } = protocol as Record<string, Record<string, unknown>>; // Its own fields.
  return [cipher?.['_encKey'], decipher?.['_decipherKey']];
}

describe.skipIf(!(await needs('ssh')))('keys of a connection', () => {
  test('are objects after each key exchange', async () => {
    await using server = await startSshd({ RekeyLimit: '64K' });
    const client = new ssh2.Client();
    prepareKeys(client);
    const seen: (readonly unknown[])[] = [];
    client.on('handshake', () => seen.push(keysOf(client)));
    try {
      const algorithms = { cipher: ['aes256-gcm@openssh.com' as const] };
      const at = { host: '127.0.0.1', port: server.port, username: server.user };
      client.connect({ ...at, privateKey: server.keys.client, algorithms });
      await once(client, 'ready');
      client.exec('head -c 300000 /dev/zero', (_error, channel) => channel.resume().on('close', () => client.end()));
      await once(client, 'close');
    } finally {
      client.destroy();
    }
    expect(seen.length).toBeGreaterThan(2);
    const keys = seen.flat();
    expect(keys).toEqual(keys.map(() => expect.any(KeyObject)));
    const bytes = keys.map((key) => (key as KeyObject).export().toString('hex'));
    expect(new Set(bytes).size).toBe(keys.length);
  });

  test.each(['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'aes256-ctr'])(
    'of %s may be exchanged often while files go there and back',
    async (Ciphers) => {
      await using server = await startSshd({ Ciphers, RekeyLimit: '256K' });
      await using scope = makeTestScope({ secrets: { KEY: server.keys.client } });
      const content = Buffer.alloc(3_000_001, 'waterflow ');
      writeFileSync(join(scope.workspace, 'a'), content);
      const to = join(server.root, 'a');
      await ssh(scope, { entry: server.entry, operation: 'upload', args: { from: 'a', to } });
      await ssh(scope, { entry: server.entry, operation: 'download', args: { from: to, to: 'b' } });
      expect(readFileSync(join(scope.workspace, 'b')).equals(content)).toBe(true);
    },
  );
});
