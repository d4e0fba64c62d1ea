import { isIPv6 } from 'node:net';
import type { JsonObject } from '../../../schemas/index.ts';
import { readQuoted } from '../quoted.ts';
import { type EndpointPattern, parseEndpointPattern } from './endpoint.ts';

/** JSON Schema of an entry's `host`. */
export const hostSchema: JsonObject = {
  type: 'string',
  minLength: 1,
  description: 'a name, an address, `*.domain` or `*`',
};

/** JSON Schema of an entry's `port`. */
export const portSchema: JsonObject = {
  description: 'a number; `*` is any',
  oneOf: [
    { type: 'integer', minimum: 1, maximum: 65_535 },
    { type: 'string', pattern: '^(?:[0-9]{1,5}|\\*)$' },
  ],
};

/** Reads `host` and `port` of an entry, each a field of its own. */
export function parseHostEntry(
  entry: JsonObject,
  defaultPort: number,
): { readonly pattern: EndpointPattern } | { readonly problem: string } {
  const { host, port } = entry;
  const name = typeof host === 'string' ? host : '';
  const number = typeof port === 'string' || typeof port === 'number' ? port : defaultPort;
  const parsed = parseEndpointPattern(`${isIPv6(readQuoted(name).text) ? `[${name}]` : name}:${number}`);
  return 'problem' in parsed ? { problem: `\`host\`: ${parsed.problem}` } : parsed;
}
