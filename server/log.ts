import type { Writable } from 'node:stream';
import winston from 'winston';
import { escapedJson } from '../schemas/index.ts';
import type { ServerConfig } from './config.ts';

/** Longer texts are cut: a line of the log is for people and their tools. */
const longestText = 8 * 1024;
const deepest = 6;
const mostValues = 500;

/** What a server writes of itself, one JSON object a line: `level`, `at`, `message`, then what the message is about. */
export interface ServerLogOptions {
  readonly level: ServerConfig['logLevel'];
  readonly stream: Writable;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Names of fields are snake_case: `request_id`, `run`, `step`, `trace_id`. Nothing that looks like a key, a token or a password is written,
 * and nothing in a line can end it or move a terminal's cursor.
 */
export function createServerLog({ level, stream, now }: ServerLogOptions): winston.Logger {
  const format = winston.format((info) => {
    const { level, message, at: _, ...about } = info;
    const room = { left: mostValues };
    const line = { level, at: new Date(now()).toISOString(), message: plain(message, room, 0) };
    Object.assign(line, plain(about, room, 0));
    info[lineKey] = escapedJson(JSON.stringify(line));
    return info;
  });
  return winston.createLogger({
    level,
    format: winston.format.combine(
      format(),
      winston.format.printf((info) => String(info[lineKey])),
    ),
    transports: [new winston.transports.Stream({ stream, eol: '\n' })],
    exitOnError: false,
  });
}

/** Where the format leaves the finished line; no field has a symbol. */
const lineKey = Symbol('line');

const secretName = /authorization|cookie|password|passwd|secret|token|api[-_]?key|private[-_]?key|credential/iu;
/** Keys of our own, headers, JSON web tokens, and passwords in URLs. */
const secretTexts: readonly (readonly [RegExp, string])[] = [
  [/\bwf_([0-9A-Za-z]{8})_[0-9A-Za-z]{16,}/gu, 'wf_$1_***'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/giu, '$1 ***'],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/gu, '***'],
  [/([a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{1,256}:)[^\s/@]{1,512}@/giu, '$1***@'],
];

/** A value as JSON may have it, without secrets, and of bounded size. */
function plain(value: unknown, room: { left: number }, depth: number): unknown {
  room.left -= 1;
  if (typeof value === 'string') return withoutSecrets(value);
  if (value instanceof Error) return withoutSecrets(value.stack ?? String(value));
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === deepest) return '…';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  const entries = Object.entries(value)
    .slice(0, Math.max(0, room.left))
    .map(([key, member]) => [
      withoutSecrets(key),
      secretName.test(key) && isValue(member) ? '***' : plain(member, room, depth + 1),
    ]);
  return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries);
}

/** Names of secrets may be written, lists of them, too; what stands alone is taken for the value. */
function isValue(member: unknown): boolean {
  return typeof member === 'string' || typeof member === 'number';
}

function withoutSecrets(text: string): string {
  const shown = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  return secretTexts.reduce((rest, [pattern, stand]) => rest.replaceAll(pattern, stand), shown);
}
