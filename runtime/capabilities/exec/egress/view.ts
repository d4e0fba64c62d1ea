import { isIP, isIPv4 } from 'node:net';
import type { Endpoint } from '../../net/endpoint.ts';
import type { InsideAddress } from './inside.ts';
import { type EgressRule, patternFor } from './rule.ts';

/** What a program with egress finds in its namespace. */
export interface EgressView {
  readonly proxy: InsideAddress;
  /** Addresses at which one endpoint answers without a proxy. */
  readonly direct: readonly { readonly endpoint: Endpoint; readonly at: InsideAddress }[];
  readonly environment: Readonly<Record<string, string>>;
  /** Lines for /etc/hosts. */
  readonly hosts: string;
  readonly sshConfig: string;
  /** The script that ssh's ProxyCommand runs. */
  readonly connectScript: string;
}

/** The whole of 127.0.0.0/8 is the namespace's own; addresses from here on are for names, the first is the proxy's. */
const addressOf = (index: number): string => `127.1.${index >> 8}.${index & 0xff}`;
const proxyAt: InsideAddress = { address: addressOf(1), port: 1080 };
const firstName = 2;

/** Where ssh looks, and what it runs there. */
const connectScriptPath = '/etc/waterflow-connect';

/** What the program sees, by the endpoints that every rule names. */
export function egressView(rules: readonly EgressRule[]): EgressView {
  const endpoints = exactEndpoints(rules);
  const addresses = addressesOf(endpoints);
  const direct = endpoints.map((endpoint) => ({
    endpoint,
    at: { address: addresses.get(endpoint.host) ?? endpoint.host, port: endpoint.port },
  }));
  const named = [...addresses].filter(([host]) => isIP(host) === 0 && host !== 'localhost');
  const url = `${proxyAt.address}:${proxyAt.port}`;
  return {
    proxy: proxyAt,
    direct,
    environment: {
      ...both('HTTP_PROXY', `http://${url}`),
      ...both('HTTPS_PROXY', `http://${url}`),
      ...both('ALL_PROXY', `socks5h://${url}`),
      ...both('NO_PROXY', ownNames(endpoints).join(',')),
      WATERFLOW_EGRESS: JSON.stringify(
        Object.fromEntries(direct.map(({ endpoint, at }) => [endpointText(endpoint), `${at.address}:${at.port}`])),
      ),
    },
    hosts: named.map(([host, address]) => `${address} ${host}\n`).join(''),
    sshConfig: `Host *\n  ProxyCommand /bin/bash ${connectScriptPath} %h %p\n`,
    connectScript: connectScript(proxyAt),
  };
}

/** Endpoints without a wildcard that a layer names and all of them mean. */
function exactEndpoints(rules: readonly EgressRule[]): readonly Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const { endpoints } of rules) {
    for (const { host, port } of endpoints) {
      if (host.kind !== 'exact' || port === undefined) continue;
      const endpoint = { host: host.host, port };
      if (rules.every((rule) => patternFor(rule, endpoint) !== undefined)) found.set(endpointText(endpoint), endpoint);
    }
  }
  return [...found.values()];
}

/** An address for each host: its own where that is one of the namespace's loopback, an invented one else. */
function addressesOf(endpoints: readonly Endpoint[]): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>();
  let next = firstName;
  for (const { host } of endpoints) {
    if (addresses.has(host)) continue;
    if (isIPv4(host) && host.startsWith('127.') && !host.startsWith('127.1.')) addresses.set(host, host);
    else if (host === 'localhost') addresses.set(host, '127.0.0.1');
    else addresses.set(host, addressOf(next++));
  }
  return addresses;
}

/** Names that stay the program's own: a server that it starts itself must not be looked for outside. */
function ownNames(endpoints: readonly Endpoint[]): readonly string[] {
  const granted = new Set(endpoints.map(({ host }) => host));
  return ['localhost', '127.0.0.1', '::1'].filter((name) => !granted.has(name));
}

/** Programs differ in which of the two they read. */
function both(name: string, value: string): Readonly<Record<string, string>> {
  return { [name]: value, [name.toLowerCase()]: value };
}

/** As an entry writes it: the host of an IPv6 address in brackets. */
export function endpointText({ host, port }: Endpoint): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** For ssh, which has no proxy of its own: bash opens the connection, and reads the proxy's answer byte by byte as it must. */
function connectScript({ address, port }: InsideAddress): string {
  return `host=$1 port=$2
exec 3<>/dev/tcp/${address}/${port} || exit 1
case $host in *:*) host="[$host]" ;; esac
printf 'CONNECT %s:%s HTTP/1.1\\r\\nHost: %s:%s\\r\\n\\r\\n' "$host" "$port" "$host" "$port" >&3
IFS= read -r status <&3 || exit 1
while IFS= read -r line <&3 && [ "$line" != $'\\r' ]; do :; done
case $status in
  'HTTP/1.1 200 '*) ;;
  *) cat <&3 >&2; exit 1 ;;
esac
cat <&3 &
cat >&3
wait
`;
}

export { connectScriptPath };
