import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** `git http-backend` as a web server, and the part of git-lfs's interface that downloads need. */
export interface GitBackend extends AsyncDisposable {
  readonly port: number;
  /** What was asked for, as `POST /project.git/git-upload-pack`. */
  readonly requests: string[];
  /** What goes wrong with packs: the connection ends after so many bytes, or stands still for good. */
  fault: { readonly after: number; readonly then: 'cut' | 'stall' } | undefined;
  /** How many stand still. */
  readonly stalled: () => number;
  /** Keeps a file for git-lfs; the pointer that stands for it in the repository. */
  keep(content: string): string;
}

/** Starts it for the repositories in a folder. */
export async function startGitBackend(folder: string): Promise<GitBackend> {
  const requests: string[] = [];
  const large = new Map<string, string>();
  const state: { fault: GitBackend['fault']; stalled: number } = { fault: undefined, stalled: 0 };
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const { pathname } = new URL(request.url ?? '/', 'http://backend');
    if (pathname.endsWith('/info/lfs/objects/batch')) void answerBatch(request, response, large);
    else if (pathname.startsWith('/large/')) response.end(large.get(pathname.slice('/large/'.length)));
    else answerGit({ request, response, folder, state });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    requests,
    get fault() {
      return state.fault;
    },
    set fault(fault) {
      state.fault = fault;
    },
    stalled: () => state.stalled,
    keep(content) {
      const id = createHash('sha256').update(content).digest('hex');
      large.set(id, content);
      return `version https://git-lfs.github.com/spec/v1\noid sha256:${id}\nsize ${Buffer.byteLength(content)}\n`;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Runs the program by the rules of CGI (RFC 3875). */
function answerGit(call: {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly folder: string;
  readonly state: { readonly fault: GitBackend['fault']; stalled: number };
}): void {
  const { request, response, state } = call;
  const { fault } = state;
  const url = new URL(request.url ?? '/', 'http://backend');
  const header = (name: string): string => String(request.headers[name] ?? '');
  const program = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: call.folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      GIT_PROTOCOL: header('git-protocol'),
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: header('content-type'),
      CONTENT_LENGTH: header('content-length'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  response.once('close', () => program.kill());
  request.pipe(program.stdin);
  // A client that hangs up, or a program that ends before it has read all.
  program.stdin.on('error', () => undefined);
  let head = Buffer.alloc(0);
  let sent = 0;
  program.stdout.on('data', (chunk: Buffer) => {
    if (response.headersSent) return send(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(': ');
      if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.flushHeaders();
    return send(head.subarray(end + 4));
  });
  program.stdout.once('end', () => {
    if (!isStalled) response.end();
  });
  let isStalled = false;
  const isPack = url.pathname.endsWith('/git-upload-pack');
  function send(chunk: Buffer): void {
    // A smaller piece would else follow the one that was kept back, and git would see an answer that is damaged.
    if (isStalled) return;
    const faulty = isPack && fault !== undefined && sent + chunk.length > fault.after;
    if (!faulty) {
      sent += chunk.length;
      response.write(chunk);
    } else if (fault.then === 'cut') {
      response.destroy();
    } else {
      isStalled = true;
      state.stalled += 1;
    }
  }
}

/** https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md */
async function answerBatch(
  request: IncomingMessage,
  response: ServerResponse,
  large: ReadonlyMap<string, string>,
): Promise<void> {
  const chunks: Buffer[] = [];
  // Chunks of a request are buffers where no encoding was set.
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  // git-lfs wrote it.
  const asked = JSON.parse(Buffer.concat(chunks).toString()) as { objects: { oid: string; size: number }[] };
  const objects = asked.objects.map(({ oid, size }) =>
    large.has(oid)
      ? {
          oid,
          size,
          authenticated: false,
          actions: { download: { href: `https://${request.headers.host}/large/${oid}` } },
        }
      : { oid, size, error: { code: 404, message: 'it is not here' } },
  );
  response.setHeader('content-type', 'application/vnd.git-lfs+json');
  response.end(JSON.stringify({ transfer: 'basic', objects }));
}
