/** The short forms of calls, word by word, after the name of the capability. Undefined where the words are of no form. */
import { isIPv6 } from 'node:net';
import type { JsonObject } from '../../schemas/index.ts';
import type { HostCall } from '../host-call.ts';

/** An operation with its arguments. */
export type CallWords = Omit<HostCall, 'capability'>;

type Words = readonly string[];

/** `fs read a`, `fs copy a b`. Whether something may be written doesn't depend on the content. */
export function readFs([operation, ...words]: Words): CallWords | undefined {
  const [one, two, ...rest] = words;
  if (operation === undefined || one === undefined || rest.length > 0) return undefined;
  if (['copy', 'move', 'pack', 'unpack'].includes(operation)) {
    return two === undefined ? undefined : { operation, args: { from: one, to: two } };
  }
  if (two !== undefined) return undefined;
  if (operation === 'glob') return { operation, args: { pattern: one } };
  const args: JsonObject = operation === 'write' ? { path: one, content: '' } : { path: one };
  return { operation, args };
}

/** `store get a`, `store list` and `store list a/`; whether a value may be set doesn't depend on it. */
export function readStore([operation, key, ...rest]: Words): CallWords | undefined {
  if (operation === undefined || rest.length > 0) return undefined;
  if (operation === 'list') return { operation, args: key === undefined ? {} : { prefix: key } };
  if (key === undefined) return undefined;
  switch (operation) {
    case 'set':
      return { operation, args: { key, value: null } };
    case 'compare_and_set':
      return { operation, args: { key, expected: null, value: null } };
    default:
      return { operation, args: { key } };
  }
}

/** `docker run IMAGE COMMAND...`, `docker pull IMAGE`, `docker exec CONTAINER COMMAND...`. */
export function readDocker([operation, name, ...command]: Words): CallWords | undefined {
  if (operation === undefined || name === undefined) return undefined;
  const given: JsonObject = command.length === 0 ? {} : { command };
  switch (operation) {
    case 'run':
    case 'start':
      return { operation, args: { image: name, ...given } };
    case 'exec':
      return command.length === 0 ? undefined : { operation, args: { container: name, ...given } };
    default:
      break;
  }
  if (command.length > 0) return undefined;
  switch (operation) {
    case 'build':
      return { operation, args: { tag: name } };
    case 'logs':
    case 'wait':
    case 'status':
    case 'remove':
      return { operation, args: { container: name } };
    case 'create_volume':
    case 'remove_volume':
      return { operation, args: { name } };
    default:
      return { operation, args: { image: name } };
  }
}

/** `ssh ci@example.com:2222 exec ls -l`, `ssh example.com upload a b`, `ssh example.com list /srv`. */
export function readSsh([place, operation, ...words]: Words): CallWords | undefined {
  const host = place === undefined ? undefined : readHost(place);
  if (host === undefined || operation === undefined) return undefined;
  const [one, two, ...rest] = words;
  if (one === undefined) return undefined;
  if (operation === 'exec') return { operation, args: { ...host, command: one, args: words.slice(1) } };
  if (rest.length > 0) return undefined;
  if (['upload', 'download', 'rename'].includes(operation)) {
    return two === undefined ? undefined : { operation, args: { ...host, from: one, to: two } };
  }
  return two === undefined ? { operation, args: { ...host, path: one } } : undefined;
}

/** `env set NAME NAME2`, `env add_path /opt/tool/bin`. Whether a variable may be set doesn't depend on its value. */
export function readEnv([operation, ...words]: Words): CallWords | undefined {
  if (words.length === 0) return undefined;
  if (operation === 'add_path') return { operation, args: { folders: words } };
  if (operation !== 'set') return undefined;
  return { operation, args: { variables: Object.fromEntries(words.map((name) => [name, ''])) } };
}

/** `mail smtp.example.com FROM TO...`. */
export function readMail([place, from, ...to]: Words): CallWords | undefined {
  const host = place === undefined ? undefined : readHost(place);
  if (host === undefined || host['user'] !== undefined || from === undefined || to.length === 0) return undefined;
  return { operation: 'send', args: { ...host, from, to, subject: '' } };
}

/** `USER@HOST:PORT`, without the one or the other; an IPv6 address with a port in brackets. */
function readHost(text: string): JsonObject | undefined {
  const at = text.lastIndexOf('@');
  const user = text.slice(0, Math.max(0, at));
  const rest = text.slice(at + 1);
  const [, bracketed, name, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::([0-9]{1,5}))?$/.exec(rest) ?? [];
  const host = bracketed ?? name ?? (isIPv6(rest) ? rest : undefined);
  if (host === undefined || (at >= 0 && user === '')) return undefined;
  return { host, ...(port === undefined ? {} : { port: Number(port) }), ...(at < 0 ? {} : { user }) };
}
