import { closeSync, createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Authorized } from '../../grants/api.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import { openWorkspaceInput } from '../workspace-file.ts';
import type { NetArgs } from './call.ts';

/** What a request carries, made anew for each redirect that carries it on. */
export interface RequestBody {
  /** In bytes. */
  readonly length: number;
  /** What the caller must send; a stream closes what it reads. */
  open(): Buffer | Readable;
}

/** Reads the call's `body`; undefined where it has none. */
export function readRequestBody(
  body: NetArgs['body'],
  asking: Pick<Authorized, 'implied'>,
  scope: Pick<CallScope, 'workspace'>,
): RequestBody | undefined {
  if (body === undefined) return undefined;
  if (typeof body === 'string') return bytesBody(Buffer.from(body));
  if ('base64' in body) {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(body.base64))
      throw new CallFailure('INVALID_ARGUMENTS', 'the body is not base64');
    return bytesBody(Buffer.from(body.base64, 'base64'));
  }
  const open = (): { fd: number; bytes: number } => openWorkspaceInput(asking, scope, body.file);
  const first = open();
  closeSync(first.fd);
  if (first.bytes === 0) return bytesBody(Buffer.alloc(0));
  return {
    length: first.bytes,
    // Not more than was announced, should the file grow; if it shrinks the request fails.
    open: () => createReadStream('', { fd: open().fd, start: 0, end: first.bytes - 1 }),
  };
}

function bytesBody(bytes: Buffer): RequestBody {
  return { length: bytes.length, open: () => bytes };
}
