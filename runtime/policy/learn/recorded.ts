/** A call as it stands in the record, made fit to be proposed: what it carried is taken off, what was hidden is found. */
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import type { AuditedHostCall } from '../../audit/index.ts';
import { classifyAddress } from '../../capabilities/net/addresses.ts';
import type { Observation } from '../../grants/tightest.ts';
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

/** What the record says of how it was carried out. */
export function observationOf({ facts, secrets }: AuditedHostCall): Observation {
  const profile = facts?.['profile'];
  const address = facts?.['address'];
  const [user, hostKey] = [facts?.['user'], facts?.['host_key']];
  return {
    ...(secrets === undefined ? {} : { secrets }),
    ...(profile === 'host' || profile === 'workspace' ? { profile } : {}),
    ...(typeof user === 'string' ? { user } : {}),
    ...(typeof hostKey === 'string' ? { host_key: hostKey } : {}),
    ...(typeof address === 'string' ? { private: classifyAddress(address) !== 'public' } : {}),
  };
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
      return [[key, '']];
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
