import { unauthenticated } from './refusals.ts';

/**
 * A request's headers by lower-case names. `headersDistinct` of node:http is best: in `headers` a second Authorization header has
 * silently been dropped.
 */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Tokens are the longest; more is work for whoever isn't known yet. */
const longestCredential = 8 * 1024;
/** What no proxy, log or header parser takes for something else. */
const visibleAscii = /^[\u0021-\u007e]+$/u;

/** The key or token of a request; undefined where there is none. Several, or one that can't be one, is UNAUTHENTICATED. */
export function readCredential(headers: RequestHeaders): string | undefined {
  const authorization = onlyValue(headers, 'authorization');
  const apiKey = onlyValue(headers, 'x-api-key');
  const found = [
    ...(authorization === undefined ? [] : [bearer(authorization)]),
    ...(apiKey === undefined ? [] : [apiKey]),
  ];
  const [first, second] = found;
  if (second !== undefined && second !== first) {
    throw unauthenticated(
      'Authorization and X-API-Key hold different keys',
      'Send one of them, or the same key in both.',
    );
  }
  if (first === undefined) return undefined;
  if (first.length > longestCredential) {
    throw unauthenticated(`the key or token is longer than ${longestCredential} characters`);
  }
  if (!visibleAscii.test(first)) throw unauthenticated('the key or token holds other characters than visible ASCII');
  return first;
}

/** All values of a header. */
export function headerValues(headers: RequestHeaders, name: string): readonly string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function onlyValue(headers: RequestHeaders, name: 'authorization' | 'x-api-key'): string | undefined {
  const values = headerValues(headers, name);
  // Which of them counts would depend on who reads them.
  if (values.length > 1) throw unauthenticated('the request has several keys or tokens', 'Send one.');
  return values[0];
}

/** RFC 6750, 2.1; schemes are the same in any case (RFC 9110, 11.1). */
function bearer(authorization: string): string {
  const token = /^bearer +([^ ]+)$/iu.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated('the Authorization header is not `Bearer` and one key or token');
  return token;
}
