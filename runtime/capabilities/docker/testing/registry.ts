import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A registry on 127.0.0.1, which Docker speaks plain HTTP with: as much of the OCI distribution protocol as a push and a pull need. */
export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** The Authorization headers that came in, each once. */
  readonly authorizations: ReadonlySet<string>;
  /** What repositories hold, by `repository:tag` and `repository@digest`. */
  readonly manifests: ReadonlyMap<string, { readonly type: string; readonly bytes: Buffer }>;
}

/** With `credentials` (`user:password`) it refuses all others. `stalls`: it never answers for a manifest. */
export interface TestRegistryOptions {
  readonly credentials?: string;
  readonly stalls?: true;
}

/** Starts it. */
export async function startTestRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const blobs = new Map<string, Buffer>();
  const uploads = new Map<string, Buffer>();
  const manifests = new Map<string, { readonly type: string; readonly bytes: Buffer }>();
  const authorizations = new Set<string>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { authorization } = request.headers;
    if (authorization !== undefined) authorizations.add(authorization);
    const expected =
      options.credentials === undefined ? undefined : `Basic ${Buffer.from(options.credentials).toString('base64')}`;
    if (expected !== undefined && authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
      return;
    }
    const url = new URL(request.url ?? '/', 'http://registry');
    const body = await buffer(request);
    const parts = /^\/v2\/(?:(.+)\/(manifests|blobs\/uploads|blobs)\/?([^/]*))?$/u.exec(url.pathname);
    const [, repository = '', kind, reference = ''] = parts ?? [];
    switch (kind) {
      case undefined:
        response.writeHead(parts === null ? 404 : 200).end('{}');
        return;
      case 'manifests':
        if (options.stalls !== true) answerManifest(request, response, { repository, reference, body });
        return;
      case 'blobs':
        send(request, response, blobs.get(reference), 'application/octet-stream', reference);
        return;
      default:
        answerUpload(request, response, { repository, id: reference, digest: url.searchParams.get('digest'), body });
    }
  };

  const answerManifest = (
    request: IncomingMessage,
    response: ServerResponse,
    { repository, reference, body }: { readonly repository: string; readonly reference: string; readonly body: Buffer },
  ): void => {
    const separator = reference.startsWith('sha256:') ? '@' : ':';
    if (request.method === 'PUT') {
      const digest = digestOf(body);
      const manifest = { type: request.headers['content-type'] ?? '', bytes: body };
      manifests.set(`${repository}${separator}${reference}`, manifest).set(`${repository}@${digest}`, manifest);
      response.writeHead(201, { 'docker-content-digest': digest }).end();
      return;
    }
    const found = manifests.get(`${repository}${separator}${reference}`);
    send(request, response, found?.bytes, found?.type ?? '', found === undefined ? '' : digestOf(found.bytes));
  };

  const answerUpload = (
    request: IncomingMessage,
    response: ServerResponse,
    upload: { readonly repository: string; readonly id: string; readonly digest: string | null; readonly body: Buffer },
  ): void => {
    const { repository, digest, body } = upload;
    const id = upload.id === '' ? randomUUID() : upload.id;
    const bytes = Buffer.concat([uploads.get(id) ?? Buffer.alloc(0), body]);
    if (digest !== null) {
      if (digestOf(bytes) !== digest) {
        response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID"}]}');
        return;
      }
      blobs.set(digest, bytes);
      uploads.delete(id);
      response.writeHead(201, { 'docker-content-digest': digest, location: `/v2/${repository}/blobs/${digest}` }).end();
      return;
    }
    uploads.set(id, bytes);
    const location = `/v2/${repository}/blobs/uploads/${id}`;
    response.writeHead(202, { location, range: `0-${Math.max(0, bytes.length - 1)}`, 'docker-upload-uuid': id }).end();
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return {
    host: `127.0.0.1:${address.port}`,
    authorizations,
    manifests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer | undefined,
  ...[type, digest]: readonly [string, string]
): void {
  if (bytes === undefined) {
    response.writeHead(404).end('{"errors":[{"code":"NOT_FOUND"}]}');
    return;
  }
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length, 'docker-content-digest': digest });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
