import type { Socket } from 'node:net';
import { CallFailure } from '../../capability.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import type { Gateway } from './gateway.ts';

/** SOCKS 5 (RFC 1928), of it CONNECT without authentication. */
const version = 5;
const noAuthentication = 0;
const connectCommand = 1;
/** What is answered; the rest of RFC 1928's codes has no use here. */
const replies = { succeeded: 0, failed: 1, notAllowed: 2, refused: 5, notSupported: 7, noSuchAddressType: 8 } as const;

/** The first byte of a connection that speaks SOCKS 5. */
export const socksFirstByte: number = version;

/** A whole greeting and request are far shorter. */
const maxBytes = 600;

/** Serves one connection. The caller bounds its time until it is connected. */
export async function serveSocks(client: Socket, gateway: Gateway): Promise<void> {
  const reader = new ByteReader(client);
  try {
    const [, methods = 0] = await reader.take(2);
    const offered = await reader.take(methods);
    if (!offered.includes(noAuthentication)) return void client.end(Buffer.from([version, 0xff]));
    client.write(Buffer.from([version, noAuthentication]));
    const endpoint = await readRequest(reader);
    if (typeof endpoint === 'number') return reply(client, endpoint);
    const upstream = await gateway.connect(endpoint);
    client.write(answer(replies.succeeded));
    gateway.carry(client, upstream, reader.rest());
  } catch (cause) {
    if (cause instanceof CallFailure) reply(client, cause.code === 'DENIED' ? replies.notAllowed : replies.refused);
    else client.destroy();
  }
}

async function readRequest(reader: ByteReader): Promise<Endpoint | number> {
  const [given, command, , type] = await reader.take(4);
  if (given !== version) return replies.failed;
  const host = await readHost(reader, type);
  const port = (await reader.take(2)).readUInt16BE(0);
  if (host === undefined) return replies.noSuchAddressType;
  if (command !== connectCommand) return replies.notSupported;
  return { host, port };
}

async function readHost(reader: ByteReader, type: number | undefined): Promise<string | undefined> {
  switch (type) {
    case 1:
      return [...(await reader.take(4))].join('.');
    case 3: {
      const [length = 0] = await reader.take(1);
      return (await reader.take(length)).toString('latin1');
    }
    case 4: {
      const bytes = await reader.take(16);
      return Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16)).join(':');
    }
    default:
      return undefined;
  }
}

function answer(code: number): Buffer {
  // The bound address is of no use to a program that can't reach it.
  return Buffer.from([version, code, 0, 1, 0, 0, 0, 0, 0, 0]);
}

function reply(client: Socket, code: number): void {
  client.end(answer(code));
}

/** Takes exact numbers of bytes off a socket. */
class ByteReader {
  readonly #socket: Socket;
  #buffered: Buffer = Buffer.alloc(0);
  #taken = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Rejects where the socket ends before, or sent more than any request has. */
  async take(count: number): Promise<Buffer> {
    this.#taken += count;
    if (this.#taken > maxBytes) throw new RangeError('a SOCKS request that is too long');
    while (this.#buffered.length < count) this.#buffered = Buffer.concat([this.#buffered, await this.#more()]);
    const bytes = this.#buffered.subarray(0, count);
    this.#buffered = this.#buffered.subarray(count);
    return bytes;
  }

  /** What was read too much. */
  rest(): Buffer {
    return this.#buffered;
  }

  #more(): Promise<Buffer> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        socket.off('readable', onReadable);
        socket.off('end', onEnd);
        socket.off('close', onEnd);
      };
      const onEnd = (): void => {
        settle();
        reject(new Error('the connection ended early'));
      };
      const onReadable = (): void => {
        // A socket without an encoding gives buffers; null where the event was its end.
        const chunk = socket.read() as Buffer | null;
        if (chunk === null) return;
        settle();
        resolve(chunk);
      };
      socket.on('readable', onReadable);
      socket.on('end', onEnd);
      socket.on('close', onEnd);
      if (socket.destroyed) onEnd();
      else onReadable();
    });
  }
}
