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

/** Where an entry lets connect to, and what it forbids as a deny rule: that, at every port where it names none. */
export interface HostEntry {
  readonly pattern: EndpointPattern;
  readonly denied: EndpointPattern;
}

/** Reads `host` and `port` of an entry, each a field of its own. */
export function parseHostEntry(entry: JsonObject, defaultPort: number): HostEntry | { readonly problem: string } {
  const { host, port } = entry;
  const name = typeof host === 'string' ? host : '';
  const number = typeof port === 'string' || typeof port === 'number' ? port : defaultPort;
  const parsed = parseEndpointPattern(`${isIPv6(readQuoted(name).text) ? `[${name}]` : name}:${number}`);
  if ('problem' in parsed) return { problem: `\`host\`: ${parsed.problem}` };
  const { pattern } = parsed;
  return { pattern, denied: port === undefined ? { ...pattern, port: undefined } : pattern };
}
