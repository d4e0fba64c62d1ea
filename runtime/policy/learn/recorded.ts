/** A call as it stands in the record, made fit to be proposed: what it carried is taken off, what was hidden is found. */
import { isIP, isIPv6 } from 'node:net';
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import type { AuditedHostCall } from '../../audit/index.ts';
import { classifyAddress } from '../../capabilities/net/addresses.ts';
import type { Observation } from '../../grants/observation.ts';
import type { HostCall } from '../../host-call.ts';

/** Texts that stand in a record for what must not, or need not, be kept there. */
const redacted = /\*\*\*|wf-secret-[0-9a-f]{32}/;

/** The call without what it carries, or why an entry can't be made of it. */
export function recordedCall({ call }: AuditedHostCall): { readonly call: HostCall } | { readonly why: string } {
  const args = isJsonObject(call.args) ? withoutContent(call.args) : call.args;
  if (redacted.test(JSON.stringify(args))) return { why: 'an argument holds a secret, which the record leaves out' };
  if (holdsDigest(args)) return { why: 'an argument was too long for the record' };
  return { call: { capability: call.capability, operation: call.operation, args } };
}

/** Where a program was let connect to, and at which address, where it got as far. */
export interface Connection {
  readonly endpoint: string;
  readonly address: string | undefined;
}

/** The connection that such a call within an exec is; undefined for any other call. */
export function connectionOf({ within, call, facts }: AuditedHostCall): Connection | undefined {
  if (within === undefined || call.capability !== 'exec' || call.operation !== 'connect') return undefined;
  const endpoint = isJsonObject(call.args) ? call.args['endpoint'] : undefined;
  const address = facts?.['address'];
  if (typeof endpoint !== 'string') return undefined;
  // Its agent may have been killed before it was known; an address is one all the same.
  const host = endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[(.*)\]$/u, '$1');
  return { endpoint, address: typeof address === 'string' ? address : isIP(host) === 0 ? undefined : host };
}

/** What the record says of how it was carried out, and of the connections within it. */
export function observationOf({ facts, secrets }: AuditedHostCall, within: readonly Connection[]): Observation {
  const profile = facts?.['profile'];
  const address = facts?.['address'];
  const [user, hostKey, tls] = [facts?.['user'], facts?.['host_key'], facts?.['tls']];
  const connected = within.length > 0 ? within : connectionsOf(facts?.['egress']);
  return {
    ...(secrets === undefined ? {} : { secrets }),
    ...(profile === 'host' || profile === 'workspace' ? { profile } : {}),
    ...(typeof user === 'string' ? { user } : {}),
    ...(typeof hostKey === 'string' ? { host_key: hostKey } : {}),
    ...(typeof tls === 'string' ? { tls } : {}),
    ...(typeof address === 'string' ? { private: isPrivate(address) } : {}),
    ...(connected.length === 0
      ? {}
      : {
          egress: connected.map(({ endpoint }) => endpoint),
          private: connected.some((connection) => connection.address !== undefined && isPrivate(connection.address)),
        }),
  };
}

function isPrivate(address: string): boolean {
  return classifyAddress(address) !== 'public';
}

/** The same of a record that has them in the exec's own entry only. */
function connectionsOf(egress: Json | undefined): readonly Connection[] {
  const endpoints = isJsonObject(egress) && isJsonList(egress['endpoints']) ? egress['endpoints'] : [];
  return endpoints.flatMap((traffic) => {
    const { endpoint, address }: JsonObject = isJsonObject(traffic) ? traffic : {};
    if (typeof endpoint !== 'string' || typeof address !== 'string') return [];
    // An entry has an IPv6 address in brackets.
    const host = endpoint.slice(0, endpoint.lastIndexOf(':'));
    return { endpoint: isIPv6(host) ? `[${host}]${endpoint.slice(host.length)}` : endpoint, address };
  });
}

/** Whether a program connected to more than the record lists. */
export function connectsFurther({ facts }: AuditedHostCall): boolean {
  return isJsonObject(facts?.['egress']) && facts['egress']['not_listed'] !== undefined;
}

/** Where redirects led: the last one is in the record, those between it and the first are not. */
export function redirectsOf({
  facts,
}: AuditedHostCall): { readonly last: string; readonly followed: number } | undefined {
  const [url, followed] = [facts?.['url'], facts?.['redirects']];
  return typeof url === 'string' && typeof followed === 'number' && followed > 0 ? { last: url, followed } : undefined;
}

/** Entries don't speak of bodies, values of headers and variables, and the content of files. */
function withoutContent(args: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(args).flatMap(([key, value]) => fieldWithoutContent(key, value)));
}

function fieldWithoutContent(key: string, value: Json): readonly (readonly [string, Json])[] {
  switch (key) {
    case 'content':
    case 'subject':
    case 'text':
    case 'html':
    case 'username':
    case 'password':
      return [[key, '']];
    case 'value':
      return [[key, null]];
    case 'body':
    case 'stdin':
      return isJsonObject(value) && typeof value['file'] === 'string' ? [[key, value]] : [];
    case 'headers':
    case 'env':
      return [[key, isJsonObject(value) ? mapValues(value, () => '') : value]];
    case 'files':
      return [[key, isJsonObject(value) ? mapValues(value, withoutFileContent) : value]];
    default:
      return [[key, value]];
  }
}

function withoutFileContent(file: Json): Json {
  return isJsonObject(file) ? Object.fromEntries(Object.entries(file).filter(([key]) => key !== 'content')) : file;
}

function mapValues(value: JsonObject, change: (item: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
}

function holdsDigest(value: Json): boolean {
  if (isJsonList(value)) return value.some(holdsDigest);
  if (!isJsonObject(value)) return false;
  const standsFor = typeof value['sha256'] === 'string' && typeof value['bytes'] === 'number';
  return standsFor || typeof value['shortened'] === 'string' || Object.values(value).some(holdsDigest);
}
