import { EnvHttpProxyAgent, request } from 'undici';
import { refused } from '../packages/refused.ts';
import type { RegistrySource } from './ports.ts';

/** Until the first byte, and between two of them, in ms. */
const silenceMs = 30_000;
/** For a whole file, in ms: the largest package over a slow line. */
const fileMs = 10 * 60_000;
/** Connections at a time. */
const connections = 8;

/**
 * A registry on a web server. Redirects are not followed: what is asked is what its owner named. Proxies come from the environment, as for
 * other programs. `url` ends with a slash. Dispose of it, or its connections keep the process alive.
 */
export function httpSource(url: URL): RegistrySource & AsyncDisposable {
  const dispatcher = new EnvHttpProxyAgent({ headersTimeout: silenceMs, bodyTimeout: silenceMs, connections });
  return {
    location: url.href,
    read: async (path, most) => {
      const file = new URL(path, url);
      try {
        const { statusCode, body } = await request(file, {
          dispatcher,
          // A cache on the way would show what was newest when it was filled.
          headers: { 'cache-control': 'no-cache' },
          signal: AbortSignal.timeout(fileMs),
        });
        if (statusCode === 200) return await firstBytes(body, most + 1);
        await body.dump();
        if (statusCode === 404 || statusCode === 410) return undefined;
        throw refused('REGISTRY_UNREACHABLE', `${file.href}: the server answers with status ${statusCode}`);
      } catch (cause) {
        if (!(cause instanceof Error) || 'error' in cause) throw cause;
        const reason = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
        throw refused('REGISTRY_UNREACHABLE', `${file.href} can't be read: ${reason}`, cause);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await dispatcher.close();
    },
  };
}

/** Leaving the loop early ends the transfer. */
async function firstBytes(body: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}
