import type { HostCall } from '../../runtime/host-call.ts';
import { isJsonObject, type Json } from '../../schemas/index.ts';
import { mayHide } from '../redaction/index.ts';

/** Subjects are for one line of a screen. */
const shownCharacters = 200;
/** Longer text with characters that aren't shown isn't looked through for secrets, which takes long: no call that exists is about one. */
const seenCharacters = 64 * 1024;
/** Of a long text its beginning and its end, each. */
const shownOfLong = 60;
/** More of a command's arguments than fit on it. */
const shownArguments = 50;

/** Space, and what a terminal acts on or a reader doesn't see. */
const unseen = /[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** What a host call is about, in one line: `GET https://…`, `git clone …`, `out/x`. Of a call of any shape; its name is no part of it. `redact` sees it whole. */
export function subjectOf(call: HostCall, redact: (text: string) => string): string {
  const args = isJsonObject(call.args) ? call.args : {};
  const described = describe(call, args);
  if (described.length > seenCharacters && mayHide(described)) return '…';
  const text = redact(described).replaceAll(unseen, ' ').trim();
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters - 1)}…` : text;
}

function describe(call: HostCall, args: Readonly<Record<string, Json>>): string {
  switch (call.capability) {
    case 'net':
      return `${textOf(args['method'] ?? 'GET')} ${textOf(args['url'])}`;
    case 'exec':
      return [args['command'] ?? args['endpoint'], ...listOf(args['args'])].map(textOf).join(' ');
    case 'docker':
      return [
        args['request'] ?? args['image'] ?? args['tag'] ?? args['registry'] ?? args['name'] ?? args['container'],
        ...listOf(args['command']),
      ]
        .map(textOf)
        .join(' ');
    case 'fs':
      return [args['path'] ?? args['pattern'] ?? args['from'], args['to']].map(textOf).join(' ');
    case 'store':
      return textOf(args['key'] ?? args['prefix']);
    case 'ssh':
      return [hostOf(args), args['command'] ?? args['path'] ?? args['from'], args['to'], ...listOf(args['args'])]
        .map(textOf)
        .filter((text) => text !== '')
        .join(' ');
    case 'mail': {
      const recipients = ['to', 'cc', 'bcc'].flatMap((key) => listOf(args[key]));
      return [hostOf(args), args['from'], ...recipients].map(textOf).join(' ');
    }
    case 'env':
      return [
        ...Object.keys(isJsonObject(args['variables']) ? args['variables'] : {}).slice(0, shownArguments),
        ...listOf(args['folders']),
      ]
        .map(textOf)
        .join(' ');
    case 'secrets':
      return textOf(args['name']);
    default:
      return '';
  }
}

/** Whom the agent logs in as and where, as far as the call says it. */
function hostOf({ host, port, user }: Readonly<Record<string, Json>>): string {
  return `${user === undefined ? '' : `${textOf(user)}@`}${textOf(host)}${port === undefined ? '' : `:${textOf(port)}`}`;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value.slice(0, shownArguments) : [];
}

/** An exec's own file stands as its name in brackets, a mail address without the name that is shown beside it. */
function textOf(value: Json | undefined): string {
  if (isJsonObject(value) && typeof value['file'] === 'string') return `<${value['file']}>`;
  if (isJsonObject(value) && typeof value['address'] === 'string') return value['address'];
  // As the record has a long text.
  if (isJsonObject(value) && typeof value['begins'] === 'string') {
    return `${value['begins'].slice(0, shownOfLong)} … ${textOf(value['ends']).slice(-shownOfLong)}`;
  }
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}
