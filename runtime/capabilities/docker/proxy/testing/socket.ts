import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isJsonObject, type Json, type JsonObject } from '../../../../../schemas/index.ts';
import type { Grant } from '../../../../grants/api.ts';
import { authorize } from '../../../../grants/authorize.ts';
import { dockerMachinery } from '../../../docker.ts';
import { makeExecFolder } from '../../../exec/folder.ts';
import type { TestScope } from '../../../testing/call.ts';
import { openDockerSocket } from '../open.ts';

/** What a request came to. */
interface SocketAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

/** A docker socket without a program, for requests that no client makes. */
export interface TestSocket extends AsyncDisposable {
  readonly path: string;
  /** Sends these very bytes, and takes what comes until the connection ends. */
  raw(bytes: string): Promise<string>;
  ask(method: string, path: string, body?: Json): Promise<SocketAnswer>;
}

/** Opens it for an exec under that grant. */
export async function openTestSocket(scope: TestScope, grant: Grant): Promise<TestSocket> {
  const answer = authorize(grant, { capability: 'exec', operation: 'run', args: { command: 'true', docker: true } });
  if (answer.kind !== 'allowed') throw new TypeError('the exec is not allowed');
  const folder = makeExecFolder(scope.temp(), `exec-${randomBytes(6).toString('hex')}`, undefined);
  const socket = await openDockerSocket(answer.authorized, {
    scope,
    machinery: dockerMachinery,
    folder,
    owner: undefined,
    profile: 'host',
    workspaces: [scope.workspace],
  });
  const path = join(socket.folder, 'docker.sock');
  return {
    path,
    async raw(bytes) {
      const connection = connect({ path, allowHalfOpen: true });
      connection.on('error', () => undefined);
      connection.write(bytes, 'latin1');
      return await text(connection);
    },
    async ask(method, target, body) {
      const { promise, resolve, reject } = Promise.withResolvers<SocketAnswer>();
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const outgoing = httpRequest({ socketPath: path, method, path: target, headers, agent: false }, (incoming) => {
        text(incoming).then((found) => resolve(answerOf(incoming, found)), reject);
      });
      outgoing.once('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
      return await promise;
    },
    async [Symbol.asyncDispose]() {
      await socket[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, found: string): SocketAnswer {
  const isJson = found !== '' && headers['content-type'] === 'application/json';
  const parsed: Json = isJson ? JSON.parse(found) : { text: found };
  return { status: statusCode, body: isJsonObject(parsed) ? parsed : { list: parsed } };
}

/** The id of what a request made. */
export function idOf({ body }: { readonly body: JsonObject }): string {
  const { Id: id } = body;
  if (typeof id !== 'string') throw new TypeError(`nothing was made: ${JSON.stringify(body)}`);
  return id;
}
