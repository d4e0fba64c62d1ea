/** The least entries for calls that go to a host which is named in a field of its own. */
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { quotePathPattern } from '../capabilities/fs/glob.ts';
import type { HostCall } from '../host-call.ts';
import { givenKeys, type Observation } from './observation.ts';

/** Entries of ssh to try, the least first. */
export function sshEntries(args: JsonObject, seen: Observation, { operation }: HostCall): readonly JsonObject[] {
  const place = placeOf(args);
  const user = args['user'] ?? seen.user;
  if (place === undefined || typeof user !== 'string' || user === '*') return [];
  const entry = {
    ...place,
    user,
    ...(seen.host_key === undefined ? {} : { 'host-key': seen.host_key }),
    ...givenKeys(seen),
  };
  if (operation !== 'exec') return [{ ...entry, ...pathsOf(operation, args) }];
  const { command, args: words } = args;
  const given = isJsonList(words) && words.length > 0 ? { args: words } : {};
  return typeof command === 'string' && command !== '*' ? [{ ...entry, commands: [{ command, ...given }] }] : [];
}

/** A transfer may be of a folder, and so is what is removed or renamed: then all that is in it goes along. */
function pathsOf(operation: string, { path, from, to, compare, verify }: JsonObject): JsonObject {
  const itself = (value: Json | undefined): string => quotePathPattern(typeof value === 'string' ? value : '');
  const below = (value: Json | undefined, what: string): string => `${itself(value).replace(/\/+$/, '')}/${what}`;
  const whole = (value: Json | undefined): readonly string[] => [itself(value), below(value, '**')];
  switch (operation) {
    case 'upload':
      // To compare, and to read back, it looks at what is there.
      return { ...(compare === undefined && verify !== true ? {} : { read: whole(to) }), write: whole(to) };
    case 'download':
      return { read: whole(from) };
    case 'list':
      return { read: itself(path) === '.' ? '*' : below(path, '*') };
    case 'stat':
      return { read: itself(path) };
    case 'mkdir':
      return { write: itself(path) };
    case 'remove':
      return { write: whole(path) };
    case 'rename':
      return { read: whole(from), write: [...whole(from), ...whole(to)] };
    default:
      return {};
  }
}

/** Entries of mail to try; the second where answers are to go to somebody who gets no message. */
export function mailEntries(args: JsonObject, seen: Observation): readonly JsonObject[] {
  const place = placeOf(args);
  const [from] = addressesOf([args['from'] ?? null]);
  const to = ['to', 'cc', 'bcc'].flatMap((key) => addressesOf(args[key] ?? []));
  const replyTo = addressesOf([args['reply_to'] ?? null]);
  if (place === undefined || from === undefined) return [];
  return [to, [...to, ...replyTo]].map((recipients) => ({
    ...place,
    from,
    ...(recipients.length === 0 ? {} : { to: [...new Set(recipients)].sort() }),
    ...(seen.tls === 'none' ? { tls: 'none' } : {}),
    ...givenKeys(seen),
  }));
}

/** The host and port; undefined where the host would be read as a pattern. */
function placeOf({ host, port }: JsonObject): JsonObject | undefined {
  if (typeof host !== 'string' || host.includes('*')) return undefined;
  return { host, ...(port === undefined ? {} : { port }) };
}

/** Without the names that are shown beside them; one with a `*` in it would be read as a pattern. */
function addressesOf(given: Json): readonly string[] {
  const texts = (isJsonList(given) ? given : []).map((one) => (isJsonObject(one) ? one['address'] : one));
  return texts.filter((text) => typeof text === 'string').filter((text) => !text.includes('*'));
}
