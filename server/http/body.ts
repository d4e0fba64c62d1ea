import { Readable } from 'node:stream';
import type { Json } from '../../schemas/index.ts';
import { sizeText } from '../../schemas/index.ts';
import { ClientGone, type Exchange } from './exchange.ts';
import { readJsonInTurns } from './json-text.ts';
import { type MediaType, parseMediaType } from './media-type.ts';
import { HttpProblem } from './problem.ts';
import { invalidInput } from './query.ts';
import type { Route, RouteBody } from './route.ts';
import type { SchemaCheck, SchemaChecks } from './schema-check.ts';

/** A streamed body that comes slower than so much in each time-out is only there to keep a connection and a file open. */
export const streamedPartBytes: number = 64 * 1024;

/** What a body may cost. */
export interface BodyLimits {
  readonly bodyBytes: number;
  /** A whole body must have come by then; of a streamed one, the next {@link streamedPartBytes}. */
  readonly requestTimeoutMs: number;
}

export interface ReadBody {
  readonly mediaType: string | undefined;
  readonly body: Json | Uint8Array | Readable | undefined;
}

/**
 * Reads the bodies of one route. Throws HttpProblem: 400 missing, not UTF-8, not JSON or not as the schema says; 408 too
 * slow; 413 too large, before more than the limit was read; 415 another media type, charset or an encoding.
 */
export type BodyReader = (exchange: Exchange) => Promise<ReadBody>;

type Content = RouteBody['content'][string];

export function createBodyReader(route: Pick<Route, 'body'>, schemas: SchemaChecks, limits: BodyLimits): BodyReader {
  const { body } = route;
  if (body === undefined) return refuseBody;
  const bytes = body.bytes ?? limits.bodyBytes;
  const checks = new Map<Content, SchemaCheck>(
    Object.values(body.content)
      .filter((content) => content.as === 'json')
      .map((content) => [content, schemas.check(content.schema, 'the body')]),
  );
  return async (exchange) => {
    if (!hasBody(exchange)) {
      if (body.required) throw missingBody(body);
      return { mediaType: undefined, body: undefined };
    }
    const { type, content } = chooseContent(exchange, body);
    checkLength(exchange, bytes);
    if (exchange.expectsContinue) {
      exchange.expectsContinue = false;
      exchange.response.writeContinue();
    }
    if (content.as === 'stream') {
      return { mediaType: type, body: Readable.from(parts(exchange, bytes, limits.requestTimeoutMs)) };
    }
    const read = await readAll(exchange, bytes, limits.requestTimeoutMs);
    if (content.as === 'bytes') return { mediaType: type, body: read };
    const text = decodeText(read);
    if (content.as === 'text') return { mediaType: type, body: text };
    const value = await readJsonInTurns(text);
    const errors = checks.get(content)?.(value) ?? [];
    if (errors.length > 0) throw invalidInput('the body is not valid', errors);
    return { mediaType: type, body: value };
  };
}

function refuseBody(exchange: Exchange): Promise<ReadBody> {
  if (!hasBody(exchange)) return Promise.resolve({ mediaType: undefined, body: undefined });
  const message = 'this operation takes no body';
  return Promise.reject(new HttpProblem(400, { code: 'INVALID_INPUT', message, remedy: 'Send it without one.' }));
}

/** An empty body of a declared type is one, too. */
function hasBody({ request: { headers } }: Exchange): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && (Number(length) > 0 || headers['content-type'] !== undefined);
}

/** Names of YAML from before it had one (RFC 9512): curl examples, libraries and editors still write them. */
const otherNames: Readonly<Record<string, string>> = {
  'text/yaml': 'application/yaml',
  'text/x-yaml': 'application/yaml',
  'application/x-yaml': 'application/yaml',
};

function chooseContent(exchange: Exchange, body: RouteBody): { readonly type: string; readonly content: Content } {
  const { headers } = exchange.request;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw unsupported(`the body is encoded: ${encoding.slice(0, 100)}`, 'Send it as it is, without Content-Encoding.');
  }
  const accepted = Object.keys(body.content).join(', ');
  const header = headers['content-type'];
  const media = header === undefined ? undefined : parseMediaType(header);
  if (media === undefined) {
    throw unsupported('the request does not say what its body is', `Send a Content-Type: ${accepted}.`);
  }
  const type = otherNames[media.type] ?? media.type;
  const content = body.content[media.type] ?? body.content[type] ?? body.content['*/*'];
  if (content === undefined || !Object.values(body.content).includes(content)) {
    throw unsupported(`a body of type ${media.type} is not accepted here`, `Send ${accepted}.`);
  }
  checkCharset(media, content);
  return { type: media.type, content };
}

function checkCharset({ charset }: MediaType, content: Content): void {
  if (charset === undefined || content.as === 'bytes' || content.as === 'stream') return;
  if (charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii') return;
  throw unsupported(`the body's charset is ${charset.slice(0, 40)}`, 'Send it in UTF-8.');
}

function checkLength(exchange: Exchange, bytes: number): void {
  const length = exchange.request.headers['content-length'];
  if (length !== undefined && Number(length) > bytes) throw tooLarge(bytes);
}

/** The whole body. Stops listening, and leaves the connection as it is, as soon as there is too much. */
function readAll(exchange: Exchange, bytes: number, timeoutMs: number): Promise<Buffer> {
  const { request, clock } = exchange;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const cancel = clock.after(timeoutMs, () => {
      settle(() => reject(tooSlow(timeoutMs, 'whole')));
    });
    const settle = (act: () => void): void => {
      cancel();
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      request.pause();
      act();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > bytes) settle(() => reject(tooLarge(bytes)));
      else chunks.push(chunk);
    };
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks)));
    const onClose = (): void => settle(() => reject(new ClientGone()));
    request.on('data', onData).on('end', onEnd).on('close', onClose);
    // A body that broke off has closed before anybody listened.
    if (request.destroyed && !request.readableEnded) onClose();
  });
}

/** The body part by part. What it throws becomes the answer, if the handler lets it through. */
async function* parts(exchange: Exchange, bytes: number, timeoutMs: number): AsyncGenerator<Buffer, void, undefined> {
  const { request, clock } = exchange;
  // A request that is destroyed takes the connection with it, and with that the answer.
  const iterator: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false });
  let size = 0;
  // Only what the client takes counts, not how long the parts before it are being written.
  let left = timeoutMs;
  let part = 0;
  try {
    for (;;) {
      const asked = clock.now();
      const next = await beforeTimeout(iterator.next(), left, { clock, tooLate: () => tooSlow(timeoutMs, 'part') });
      if (next.done === true) return;
      size += next.value.length;
      if (size > bytes) throw tooLarge(bytes);
      part += next.value.length;
      left = Math.max(0, left - (clock.now() - asked));
      if (part >= streamedPartBytes) [left, part] = [timeoutMs, 0];
      yield next.value;
    }
  } finally {
    // So that the rest can be taken off the connection. A part that is still waited for isn't.
    void iterator.return?.().catch(() => {});
  }
}

async function beforeTimeout<Value>(
  promise: Promise<Value>,
  timeoutMs: number,
  { clock, tooLate }: Pick<Exchange, 'clock'> & { readonly tooLate: () => HttpProblem },
): Promise<Value> {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(timeoutMs, () => reject(tooLate()));
  });
  try {
    return await Promise.race([promise.catch(gone), late]);
  } finally {
    cancel();
  }
}

function gone(): never {
  throw new ClientGone();
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const message = 'the body is not UTF-8';
    throw new HttpProblem(400, { code: 'INVALID_INPUT', message, remedy: 'Encode it in UTF-8.' });
  }
}

function missingBody(body: RouteBody): HttpProblem {
  const remedy = `Send one of type ${Object.keys(body.content).join(' or ')}.`;
  return new HttpProblem(400, { code: 'INVALID_INPUT', message: 'the request has no body', remedy });
}

function unsupported(message: string, remedy: string): HttpProblem {
  return new HttpProblem(415, { code: 'UNSUPPORTED_MEDIA_TYPE', message, remedy });
}

function tooLarge(bytes: number): HttpProblem {
  const message = `the body is larger than ${sizeText(bytes)}`;
  return new HttpProblem(413, { code: 'BODY_TOO_LARGE', message, remedy: 'Send less.' });
}

function tooSlow(timeoutMs: number, what: 'whole' | 'part'): HttpProblem {
  const message = `${what === 'whole' ? 'the body' : `the next ${sizeText(streamedPartBytes)} of the body`} did not come within ${timeoutMs} ms`;
  return new HttpProblem(408, { code: 'TIMEOUT', message, remedy: 'Send it faster, or in smaller requests.' });
}
