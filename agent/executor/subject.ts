import type { HostCall } from '../../runtime/host-call.ts';
import { isJsonObject, type Json } from '../../schemas/index.ts';

/** Subjects are for one line of a screen. */
const shownCharacters = 200;
/** More of a command's arguments than fit on it. */
const shownArguments = 50;

/** What a host call is about, in one line: `GET https://…`, `git clone …`, `out/x`. Of a call of any shape; its name is no part of it. `redact` sees it whole. */
export function subjectOf(call: HostCall, redact: (text: string) => string): string {
  const args = isJsonObject(call.args) ? call.args : {};
  const text = redact(describe(call, args)).replaceAll(/\s+/g, ' ').trim();
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters - 1)}…` : text;
}

function describe(call: HostCall, args: Readonly<Record<string, Json>>): string {
  switch (call.capability) {
    case 'net':
      return `${textOf(args['method'] ?? 'GET')} ${textOf(args['url'])}`;
    case 'exec':
      return [args['command'], ...listOf(args['args'])].map(textOf).join(' ');
    case 'docker':
      return [
        args['image'] ?? args['tag'] ?? args['registry'] ?? args['name'] ?? args['container'],
        ...listOf(args['command']),
      ]
        .map(textOf)
        .join(' ');
    case 'fs':
      return [args['path'] ?? args['pattern'] ?? args['from'], args['to']].map(textOf).join(' ');
    case 'store':
      return textOf(args['key'] ?? args['prefix']);
    case 'secrets':
      return textOf(args['name']);
    default:
      return '';
  }
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value.slice(0, shownArguments) : [];
}

/** An exec's own file stands as its name in brackets. */
function textOf(value: Json | undefined): string {
  if (isJsonObject(value) && typeof value['file'] === 'string') {
    return `<${value['file']}>`;
  }
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}
