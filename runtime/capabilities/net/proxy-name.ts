import { parseEndpointPattern } from './endpoint.ts';

/** `host:port` as entries and calls are compared: lower case, one spelling of an address. Undefined for what isn't one host and port. */
export function canonicalProxy(text: string): string | undefined {
  const read = parseEndpointPattern(text);
  if ('problem' in read) return undefined;
  const { host, port } = read.pattern;
  if (host.kind !== 'exact' || port === undefined) return undefined;
  return host.host.includes(':') ? `[${host.host}]:${port}` : `${host.host}:${port}`;
}
