import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isJsonList, isJsonObject, type JsonObject } from '../../../schemas/index.ts';

/** How the stand-in answers one request: with text, streamed or whole, or as its own function says. */
export type Reply = string | { readonly whole: string } | ((response: ServerResponse) => void);

/** What it was asked. */
export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: JsonObject;
  /** The texts of its messages. */
  readonly said: readonly string[];
}

/** For tests: an endpoint that speaks the protocol of chat completions and answers what it is told to, one reply after another. */
export interface StandIn extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
}

/** Starts a stand-in on a port of its own; after its last reply it gives that one again. */
export async function startStandIn(...replies: readonly Reply[]): Promise<StandIn> {
  const asked: Asked[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    asked.push(await readRequest(request));
    answer(response, replies[asked.length - 1] ?? replies.at(-1) ?? '');
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readRequest(request: IncomingMessage): Promise<Asked> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  const body = JSON.parse(text) as JsonObject; // The client sends an object.
  const messages = isJsonList(body['messages']) ? body['messages'] : [];
  return {
    path: request.url ?? '',
    authorization: request.headers.authorization,
    body,
    said: messages.flatMap((each) =>
      isJsonObject(each) && typeof each['content'] === 'string' ? [each['content']] : [],
    ),
  };
}

function answer(response: ServerResponse, reply: Reply): void {
  if (typeof reply === 'function') return reply(response);
  if (typeof reply !== 'string') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: reply.whole } }] }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  // In pieces that no line ends at.
  for (let start = 0; start < reply.length; start += 7) response.write(chunk(reply.slice(start, start + 7)));
  response.end('data: [DONE]\n\n');
}

/** A part of a stream. */
export function chunk(content: string): string {
  return `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
}
