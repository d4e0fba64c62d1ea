import { createHash } from 'node:crypto';
import { closeSync, createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Authorized } from '../../grants/api.ts';
import { CallFailure, type CallScope, type SecretVault } from '../capability.ts';
import { openWorkspaceInput } from '../workspace-file.ts';
import type { BodyPart, NetArgs } from './call.ts';

/** What a request carries, made anew for each redirect that carries it on. */
export interface RequestBody {
  /** In bytes. */
  readonly length: number;
  /** What the caller must send; a stream closes what it reads. */
  open(): Buffer | Readable;
  /** Of the whole body, in lower-case hex; reads a file for it. */
  sha256(): Promise<string>;
  /** Of a file, or of parts, that were sent last, once all of it was sent. Undefined for other bodies, which the guest has itself. */
  sent(): SentFile | undefined;
}

/** What went out of a workspace file. */
export interface SentFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** The digest of no bytes. */
export const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Reads the call's `body`; undefined where it has none. */
export function readRequestBody(
  body: NetArgs['body'],
  asking: Pick<Authorized, 'implied'>,
  scope: Pick<CallScope, 'workspace'>,
): RequestBody | undefined {
  if (body === undefined) return undefined;
  if (typeof body === 'object' && 'parts' in body) {
    return joinedBody(body.parts.map((part) => partOf(part, asking, scope)));
  }
  return partOf(body, asking, scope);
}

/**
 * Refuses a body that mentions a secret: no entry can let one stand there, and a server that got the placeholder would only say that the
 * login is wrong. Files aren't looked into.
 */
export function requireNoSecret(body: NetArgs['body'], secrets: Pick<SecretVault, 'mentioned'>): void {
  if (body === undefined) return;
  const parts = typeof body === 'object' && 'parts' in body ? body.parts : [body];
  // As they go out, one after the other: a placeholder may be cut in two. A file between two parts is one space here.
  const [name] = secrets.mentioned(parts.map(textOf).join(''));
  if (name === undefined) return;
  throw new CallFailure('INVALID_ARGUMENTS', `the secret \`${name}\` can't stand in the body of a request`, {
    remedy: 'Send it in a header that the entry lets it stand in (`secrets`), or by a program that is given it.',
  });
}

function textOf(part: BodyPart): string {
  if (typeof part === 'string') return part;
  return 'base64' in part ? Buffer.from(part.base64, 'base64').toString('latin1') : ' ';
}

function partOf(part: BodyPart, asking: Pick<Authorized, 'implied'>, scope: Pick<CallScope, 'workspace'>): RequestBody {
  if (typeof part === 'string') return bytesBody(Buffer.from(part));
  if ('base64' in part) {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(part.base64))
      throw new CallFailure('INVALID_ARGUMENTS', 'the body is not base64');
    return bytesBody(Buffer.from(part.base64, 'base64'));
  }
  return fileBody(() => openWorkspaceInput(asking, scope, part.file));
}

/** One part after the other. A file is opened when its turn comes, and never more than one at a time. */
function joinedBody(parts: readonly RequestBody[]): RequestBody {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length === 0) return bytesBody(Buffer.alloc(0));
  let sent: SentFile | undefined;
  return {
    length,
    open() {
      sent = undefined;
      return Readable.from(
        hashed(
          () => chunksOf(parts),
          length,
          (sha256) => {
            sent = { bytes: length, sha256 };
          },
        ),
        { objectMode: false },
      );
    },
    sha256: () => digestOf(() => chunksOf(parts), length),
    sent: () => sent,
  };
}

async function* chunksOf(parts: readonly RequestBody[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    const opened = part.open();
    if (Buffer.isBuffer(opened)) {
      if (opened.length > 0) yield opened;
    } else {
      // A stream of bytes, whose chunks Node types as any.
      yield* opened as AsyncIterable<Buffer>;
    }
  }
}

/** Reads all of it for its digest; FAILED where there is less than was announced. */
async function digestOf(open: () => AsyncIterable<Buffer>, bytes: number): Promise<string> {
  let digest = '';
  for await (const _chunk of hashed(open, bytes, (sha256) => (digest = sha256)));
  if (digest === '') throw new CallFailure('FAILED', 'the file of the body became shorter while it was read');
  return digest;
}

function bytesBody(bytes: Buffer): RequestBody {
  return {
    length: bytes.length,
    open: () => bytes,
    sha256: async () => createHash('sha256').update(bytes).digest('hex'),
    sent: () => undefined,
  };
}

function fileBody(open: () => { readonly fd: number; readonly bytes: number }): RequestBody {
  const first = open();
  closeSync(first.fd);
  if (first.bytes === 0) {
    const empty = bytesBody(Buffer.alloc(0));
    return { ...empty, sent: () => ({ bytes: 0, sha256: emptySha256 }) };
  }
  // Not more than was announced, should the file grow; if it shrinks the request fails.
  const read = (): AsyncIterable<Buffer> => createReadStream('', { fd: open().fd, start: 0, end: first.bytes - 1 });
  let sent: SentFile | undefined;
  return {
    length: first.bytes,
    open() {
      sent = undefined;
      return Readable.from(
        hashed(read, first.bytes, (sha256) => {
          sent = { bytes: first.bytes, sha256 };
        }),
        { objectMode: false },
      );
    },
    sha256: () => digestOf(read, first.bytes),
    sent: () => sent,
  };
}

/**
 * Passes the chunks on, and tells their digest with the last of them: whoever knows how much there is doesn't ask for what comes
 * after that.
 */
async function* hashed(
  open: () => AsyncIterable<Buffer>,
  bytes: number,
  done: (sha256: string) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let passed = 0;
  // Opened here and not before: what was never asked for anything is never closed either.
  for await (const chunk of open()) {
    hash.update(chunk);
    passed += chunk.length;
    if (passed === bytes) done(hash.digest('hex'));
    yield chunk;
  }
}
