import type { ConsoleFile, ConsoleFiles } from '../console/files.ts';
import { consolePolicy } from '../console/policy.ts';
import { HttpProblem, nothingThere } from '../http/problem.ts';
import type { ApiRequest, ApiResponse, Route } from '../http/route.ts';

/** The names of files in `assets/` have a digest of their content in them, so that they may be kept for good. */
const keptForGood = 'public, max-age=31536000, immutable';

const shared = { method: 'GET', tag: 'Console', permission: 'public', ignoresQuery: true } as const;

/**
 * The console: a page at `/ui/` and what it is made of. They are the same for everybody and hold nothing of anybody's, so they need no key;
 * what the page shows it asks the API for. They are no operations of the API, and not in its document.
 */
export function consoleRoutes(files: ConsoleFiles): readonly Route[] {
  return [
    {
      ...shared,
      path: '/',
      operation: 'findConsoleFromTop',
      summary: 'Where the console is, for browsers',
      responses: { 302: { description: 'At `/ui/`.' }, 404: { description: 'There is nothing here for others.' } },
      handle: ({ headers }) => {
        if (!takesPages(headers.accept)) throw nothingThere('See /openapi.json for what there is.');
        return Promise.resolve({ status: 302, headers: { Location: 'ui/', Vary: 'Accept' } });
      },
    },
    {
      ...shared,
      path: '/ui',
      operation: 'findConsole',
      summary: 'Where the console is',
      responses: { 308: { description: 'At `/ui/`.' } },
      // Relative, for servers that a proxy shows in a folder.
      handle: () => Promise.resolve({ status: 308, headers: { Location: 'ui/' } }),
    },
    {
      ...shared,
      path: '/ui/',
      operation: 'getConsole',
      summary: 'The console',
      responses: { 200: { description: 'The page.', content: { 'text/html': { schema: { type: 'string' } } } } },
      handle: (request) => send(files, request, { path: 'index.html', headers: pageHeaders }),
    },
    {
      ...shared,
      path: '/ui/assets/{name}',
      operation: 'getConsoleAsset',
      summary: 'A part of the console',
      params: { name: { type: 'string', pattern: '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$' } },
      responses: { 200: { description: 'The file.', content: assetTypes } },
      handle: (request) =>
        send(files, request, {
          path: `assets/${request.params['name'] ?? ''}`,
          headers: { 'Cache-Control': keptForGood },
        }),
    },
  ];
}

const assetTypes = Object.fromEntries(
  ['text/javascript', 'text/css', 'text/markdown', 'image/svg+xml', 'application/octet-stream'].map((type) => [
    type,
    { schema: { type: 'string' } },
  ]),
);

const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': consolePolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

interface Wanted {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function send(files: ConsoleFiles, request: ApiRequest, { path, headers }: Wanted): Promise<ApiResponse> {
  const file = await files.file(path);
  if (file === undefined) {
    const remedy = 'Load the console anew, at /ui/.';
    throw new HttpProblem(404, { code: 'NOT_FOUND', message: 'the console has no such file', remedy });
  }
  return answerOf(file, { headers, zipped: takesGzip(request.headers['accept-encoding']) });
}

function answerOf(
  { bytes, gzipped, type }: ConsoleFile,
  { headers, zipped }: { readonly headers: Wanted['headers']; readonly zipped: boolean },
): ApiResponse {
  return {
    status: 200,
    headers: { ...headers, Vary: 'Accept-Encoding', ...(zipped ? { 'Content-Encoding': 'gzip' } : {}) },
    body: { kind: 'bytes', bytes: zipped ? gzipped : bytes, type },
  };
}

/** Browsers name pages among what they take; clients of an API don't. */
function takesPages(accept: string | undefined): boolean {
  return /(?:^|,)\s*text\/html\s*(?:[,;]|$)/iu.test(accept ?? '');
}

/** Whoever names it takes it, unless it is named to be refused (RFC 9110, 12.5.3). */
function takesGzip(header: string | readonly string[] | undefined): boolean {
  const codings = String(header ?? '').split(',');
  return codings.some((coding) => /^\s*gzip\s*(?:;\s*q=(?:1(?:\.0{1,3})?|0\.\d{0,2}[1-9]\d{0,2})\s*)?$/iu.test(coding));
}
