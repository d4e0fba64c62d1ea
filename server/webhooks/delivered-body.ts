import type { Json } from '../../schemas/index.ts';
import { readJson } from '../http/json-text.ts';
import { HttpProblem } from '../http/problem.ts';

/** A body as expressions read it: JSON as what it means; a form as its fields, but of GitHub's what is in `payload`; else a text. 400. */
export function readDelivered(body: Uint8Array, mediaType: string | undefined): Json {
  const text = textOf(body);
  if (mediaType === 'application/json' || mediaType?.endsWith('+json') === true) return readJson(text);
  if (mediaType !== 'application/x-www-form-urlencoded') return text;
  const fields = new URLSearchParams(text);
  const payload = fields.get('payload');
  if (payload !== null) return readJson(payload);
  // A name that comes twice has its last value.
  return Object.fromEntries([...fields].filter(([name]) => name !== '__proto__'));
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new HttpProblem(400, {
      code: 'INVALID_INPUT',
      message: 'the body is not UTF-8',
      remedy: 'Send text in UTF-8.',
    });
  }
}
