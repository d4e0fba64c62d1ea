import type { IncomingHttpHeaders } from 'node:http';

/** Headers that say what a request is about, beside those that begin as {@link prefixes}. */
const named: ReadonlySet<string> = new Set(['content-type', 'user-agent']);

/** Senders' own headers; CloudEvents (https://github.com/cloudevents/spec); Standard Webhooks (https://www.standardwebhooks.com). */
const prefixes = ['x-', 'ce-', 'webhook-'] as const;

/** What may let somebody in, wherever it stands in a name: expressions could carry it into inputs, which are kept and shown. */
const confidential =
  /auth|cookie|token|secret|signature|password|passwd|credential|session|csrf|xsrf|jwt|(?:^|-)(?:api-?)?keys?(?:-|$)|apikey|(?:^|-)sig(?:-|$)/;

/** Proxies write these of the sender: addresses and the like. */
const ofProxies = /^x-(?:forwarded|real-ip|client-ip|original|envoy|amzn|cloud-trace|request-id|correlation-id)/;

/** A longer value is left out. */
const longestValue = 4096;

/** The headers of a request that expressions may read as `webhook.headers`: never what could let somebody in anywhere. */
export function safeHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, string][] => {
      const text = Array.isArray(value) ? value.join(', ') : value;
      return text !== undefined && text.length <= longestValue && isSafe(name) ? [[name, text]] : [];
    }),
  );
}

function isSafe(name: string): boolean {
  if (named.has(name)) return true;
  return prefixes.some((prefix) => name.startsWith(prefix)) && !confidential.test(name) && !ofProxies.test(name);
}
