import type { AbsolutePath, JsonObject } from '../../schemas/index.ts';
import type { ServerConfig } from '../../server/config.ts';
import { components } from '../../server/http/components.ts';
import { openApiDocument } from '../../server/http/openapi.ts';
import { untouchedParts } from '../../server/http/untouched-parts.ts';
import { apiRoutes } from '../../server/routes/all.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { writeText } from './write-file.ts';

/** Prints the API as an OpenAPI 3.1 document, as a server has it at /openapi.json; with --out it goes to a file. */
export async function openapi(
  terminal: Terminal,
  options: { readonly out?: string; readonly url?: string },
): Promise<number> {
  const text = `${JSON.stringify(describedApi(options.url), null, 2)}\n`;
  if (options.out === undefined) terminal.stdout.write(text);
  else await writeText(terminal, { file: options.out, existing: 'replace' }, text);
  return exitCodes.ok;
}

/** The API as an OpenAPI 3.1 document. `url`: where clients reach it. */
export function describedApi(url?: string): JsonObject {
  const routes = apiRoutes(untouchedParts(describedServer));
  return openApiDocument(routes, { components, ...(url === undefined ? {} : { url }) });
}

/** Routes are made over it, and no handler is called. */
const describedServer: ServerConfig = {
  host: '127.0.0.1',
  port: 8080,
  state: '/' as AbsolutePath,
  trustedProxies: [],
  corsOrigins: [],
  limits: {
    bodyBytes: 0,
    requestsPerMinute: 0,
    failuresPerMinute: 0,
    headersTimeoutMs: 0,
    requestTimeoutMs: 0,
    shutdownGraceMs: 0,
    streams: 0,
    requests: 1,
    queuedRequests: 1,
    queueTimeoutMs: 1,
    queuedRuns: 1,
  },
  activeRuns: 0,
  keepRunsMs: 0,
  keepCallsMs: 0,
  logLevel: 'error',
};
