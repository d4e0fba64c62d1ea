import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection on which a test writes what no HTTP client would. */
export interface RawConnection extends Disposable {
  readonly socket: Socket;
  /** What came so far. */
  text(): string;
  write(text: string | Uint8Array): void;
  /** Resolves once what came has the text. Rejects where the connection ends without it. */
  until(text: string): Promise<string>;
  /** Resolves with all that came, once the server has ended the connection. */
  ended(): Promise<string>;
}

/** Connects to a server on 127.0.0.1. */
export async function connectRaw(url: string): Promise<RawConnection> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  const chunks: string[] = [];
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => chunks.push(chunk));
  // A reset is an end, too: what came before it is what counts.
  socket.on('error', () => {});
  await once(socket, 'connect');
  const text = (): string => chunks.join('');
  return {
    socket,
    text,
    write: (data) => socket.write(data),
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (text().includes(wanted)) resolve(text());
        };
        socket.on('data', look);
        socket.on('close', () => reject(new Error(`it ended without ${JSON.stringify(wanted)}: ${text()}`)));
        look();
      }),
    ended: () =>
      new Promise((resolve) => {
        if (socket.closed) resolve(text());
        else socket.on('close', () => resolve(text()));
      }),
    [Symbol.dispose]: () => socket.destroy(),
  };
}

/** Sends a text and gives all that comes until the server ends the connection. */
export async function sendRaw(url: string, text: string): Promise<string> {
  using connection = await connectRaw(url);
  connection.write(text);
  return await connection.ended();
}

/** The status of each answer in what came. */
export function statusesIn(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /gu)].map(([, status]) => Number(status));
}
