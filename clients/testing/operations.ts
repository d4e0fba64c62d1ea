/** Which operations of the API a client has methods for, told by the requests that they make. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describedApi } from '../../cli/commands/openapi.ts';
import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';

/** Those that no client has, and why. */
const withoutMethod: Readonly<Record<string, string>> = {
  shipLogs: 'agents ship',
  shipCalls: 'agents ship',
  shipBlob: 'agents ship',
  getPayload: 'agents share what is too large for Temporal',
  putPayload: 'agents share what is too large for Temporal',
  decodePayloads: "Temporal's UI asks",
  encodePayloads: "Temporal's UI asks",
};

/** The operations of the OpenAPI document that a client should have a method for, and that no request was of. */
export function missingOperations(requests: ReadonlySet<string>): readonly string[] {
  return operations()
    .filter(({ id, of }) => (withoutMethod[id] === undefined) !== [...requests].some((request) => of.test(request)))
    .map(({ id }) => id);
}

/** A server that has nothing, and the requests that were made of it, as `GET /v1/caller`. */
export async function emptyServer(): Promise<
  AsyncDisposable & { readonly url: string; readonly requests: ReadonlySet<string> }
> {
  const requests = new Set<string>();
  const server = createServer(({ method, url = '' }, response) => {
    requests.add(`${method} ${url.replace(/\?.*/u, '')}`);
    response.writeHead(404, { 'content-type': 'application/problem+json', connection: 'close' });
    response.end(JSON.stringify({ code: 'NOT_FOUND', detail: 'there is nothing', remedy: 'None.' }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

function operations(): readonly { readonly id: string; readonly of: RegExp }[] {
  return Object.entries(objectIn(describedApi()['paths'])).flatMap(([path, methods]) =>
    Object.entries(objectIn(methods)).map(([method, operation]) => {
      const { operationId } = objectIn(operation);
      const requested = `${method.toUpperCase()} ${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/gu, '[^/]+')}`;
      return { id: typeof operationId === 'string' ? operationId : path, of: new RegExp(`^${requested}$`, 'u') };
    }),
  );
}

function objectIn(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
