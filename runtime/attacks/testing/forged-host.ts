/**
 * A sandbox host that was taken over, for tests: it speaks the protocol as an attacker would. Started in place of the real
 * one with the name of the attack as its argument.
 */
import { readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { encodeFrame, FrameReader } from '../../sandbox-host/wire.ts';

const attack = process.argv[2] ?? '';
const control = new Socket({ fd: 3, readable: true, writable: true });
const reader = new FrameReader(64 * 1024 * 1024);

control.on('data', (chunk: Uint8Array) => {
  for (const { header } of reader.push(chunk)) {
    if (header['t'] === 'invoke' && typeof header['invocation'] === 'number') carryOut(header['invocation']);
  }
});
control.on('close', () => process.exit(0));
control.write(encodeFrame({ t: 'ready' }));

function send(header: Readonly<Record<string, unknown>>, body = ''): void {
  sendBytes(encodeFrame(header, body));
}

function sendBytes(bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.byteLength > 0) rest = rest.subarray(writeSync(4, rest));
}

function returned(invocation: number, body: string): void {
  send({ t: 'done', invocation, kind: 'returned' }, body);
}

function carryOut(invocation: number): void {
  switch (attack) {
    case 'unknown tag':
      return send({ t: 'grant', invocation });
    case 'an answer to itself':
      return send({ t: 'answer', invocation, id: 1 }, '{"ok":1}');
    case 'another invocation':
      return returned(invocation + 1, '{}');
    case 'a call with a wrong id':
      return send({ t: 'submit', invocation, id: 7, capability: 'a', operation: 'b' }, '{}');
    case 'a call twice': {
      const call = { t: 'submit', invocation, id: 1, capability: 'a', operation: 'b' };
      send(call, '{}');
      return send(call, '{}');
    }
    case 'a call without a name':
      return send({ t: 'submit', invocation, id: 1, capability: 1, operation: {} }, '{}');
    case 'a call with a prototype for a name':
      return send({ t: 'submit', invocation, id: 1, capability: '__proto__', operation: 'constructor' }, '{}');
    case 'an unknown kind of result':
      return send({ t: 'done', invocation, kind: 'constructor' }, '{}');
    case 'an oversized frame':
      return sendBytes(new Uint8Array([0xff, 0xff, 0xff, 0x7f, 2, 0, 0, 0, 0x7b, 0x7d]));
    case 'an oversized header':
      return sendBytes(new Uint8Array([0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f]));
    case 'garbage':
      return sendBytes(new Uint8Array(100).fill(0x58));
    case 'another version':
      return sendBytes(Buffer.concat([Buffer.from([10, 0, 0, 0, 7, 0, 0, 0]), Buffer.from('{"v":2}')]).subarray(0, 15));
    case 'a header that is a list':
      return sendBytes(Buffer.concat([Buffer.from([6, 0, 0, 0, 2, 0, 0, 0]), Buffer.from('[]')]));
    case 'a call of 9 MiB':
      return send({ t: 'submit', invocation, id: 1, capability: 'a', operation: 'b' }, `"${'x'.repeat(9 << 20)}"`);
    case 'a result over the limit':
      return returned(invocation, `"${'x'.repeat(3 << 20)}"`);
    case 'a result that is deep':
      return returned(invocation, '['.repeat(100_000) + ']'.repeat(100_000));
    case 'a result with a prototype':
      return returned(invocation, '{"a":[{"\\u005f_proto__":{"polluted":1}}]}');
    case 'a result that is no JSON':
      return returned(invocation, 'undefined');
    case 'a denial that was never given':
      return send({ t: 'done', invocation, kind: 'threw' }, '{"message":"m","call":12}');
    case 'a result twice':
      returned(invocation, '{"first":true}');
      return returned(invocation, '{"second":true}');
    case 'calls without end': {
      for (let id = 1; ; id += 1) send({ t: 'submit', invocation, id, capability: 'a', operation: 'b' }, '{}');
    }
    // falls through: never reached, the loop has no end
    case 'an end without a word':
      process.exit(0);
    // falls through: never reached
    case 'half a frame':
      sendBytes(encodeFrame({ t: 'done', invocation, kind: 'returned' }, '{}').subarray(0, 9));
      return void readSync(4, new Uint8Array(1));
    default:
      return returned(invocation, '{"harmless":true}');
  }
}
