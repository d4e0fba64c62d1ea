/**
 * Runs in the place of the sandbox host: what a guest could do that had broken out of its engine. It is put beside the host's
 * own modules, so that it speaks their protocol.
 */
import { readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { encodeFrame, FrameReader } from './wire.js';

const controlDescriptor = 3;
const callDescriptor = 4;

/** Gets ready as the host does, and hands each invocation to `attack`. */
export function takeOver(attack) {
  const control = new Socket({ fd: controlDescriptor, readable: true, writable: true });
  const reader = new FrameReader(64 * 1024 * 1024);
  control.on('data', (chunk) => {
    for (const { header, body } of reader.push(chunk)) {
      if (header.t === 'invoke') void attack(hostOf(header.invocation, JSON.parse(Buffer.from(body).toString())));
    }
  });
  control.on('close', () => process.exit(0));
  control.write(encodeFrame({ t: 'ready' }));
}

/** What an attack has: its arena, and frames. */
function hostOf(invocation, inputs) {
  let lastCall = 0;
  const sendBytes = (bytes) => {
    let rest = bytes;
    while (rest.byteLength > 0) rest = rest.subarray(writeSync(callDescriptor, rest));
  };
  const send = (header, body = '') => sendBytes(encodeFrame(header, body));
  return {
    arena: inputs.arena,
    invocation,
    send,
    sendBytes,
    encodeFrame,
    /** Sends a call like an honest host; the answer is not waited for. */
    submit: (capability, operation, args) => {
      lastCall += 1;
      send({ t: 'submit', invocation, id: lastCall, capability, operation }, JSON.stringify(args));
    },
    /** Blocks for whatever comes. */
    receive: () => readSync(callDescriptor, new Uint8Array(65_536)),
    returned: (outputs) => send({ t: 'done', invocation, kind: 'returned' }, JSON.stringify(outputs)),
  };
}

/** What the function gives, or the error's code. */
export async function attempt(action) {
  try {
    return { got: await action() };
  } catch (error) {
    return { refused: error?.code ?? String(error) };
  }
}
