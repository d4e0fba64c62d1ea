import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import { replaceBytes, veil } from '../veil.ts';
import { startWorkspaceOutput } from '../workspace-file.ts';
import { watchForSecrets } from './echoed.ts';
import type { ExchangeAnswer } from './exchange.ts';
import { visibleHeaders } from './headers.ts';
import type { SentFile } from './request-body.ts';
import { type RequestCall, wantsFile } from './request-call.ts';
import { defaultFileBytes, defaultGuestBytes, readBody, saveBody } from './response-body.ts';
import type { NetEffective } from './rule.ts';

/** What was asked, as far as the answer speaks of it. */
export interface Asked {
  readonly url: URL;
  /** Of the rules that matched at the very last. */
  readonly effective: NetEffective;
  readonly sent: SentFile | undefined;
}

/** Brings the answer to where the call wants it, and makes what the plugin gets. */
export async function deliver(answer: ExchangeAnswer, asked: Asked, call: RequestCall): Promise<JsonObject> {
  const { authorized, scope } = call;
  const used = [...call.used];
  const file = wantsFile(authorized.args);
  const good = answer.status >= 200 && answer.status < 300;
  const headers = visibleHeaders(decodedHeaders(answer.headers), asked.effective);
  // The page that says why there is no file must not take the file's place.
  const toWorkspace = file !== undefined && good;
  const maxBytes = Math.min(
    asked.effective.limits.response ?? Number.POSITIVE_INFINITY,
    toWorkspace ? (authorized.args.max_bytes ?? defaultFileBytes) : guestBytes(authorized.args.max_bytes, file),
  );
  const body = toWorkspace ? await toFile(answer, { file, maxBytes }, call) : await toGuest(answer, maxBytes, call);
  scope.audit.note({
    bytes: body.bytes,
    ...(used.length === 0 ? {} : { secrets: used }),
    ...(asked.sent === undefined ? {} : { sent: { ...asked.sent } }),
  });
  return {
    status: answer.status,
    url: asked.url.href,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, veilAnswer(Buffer.from(value), call).toString()]),
    ),
    ...body,
    ...(asked.sent === undefined ? {} : { sent: { ...asked.sent } }),
  };
}

/** `max_bytes` speaks of the file, where one was wanted. */
function guestBytes(asked: number | undefined, file: string | undefined): number {
  return file === undefined ? (asked ?? defaultGuestBytes) : defaultGuestBytes;
}

async function toFile(
  answer: ExchangeAnswer,
  { file, maxBytes }: { readonly file: string; readonly maxBytes: number },
  call: RequestCall,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const { authorized, scope } = call;
  const output = startWorkspaceOutput(authorized, scope, file);
  try {
    const saved = await saveBody(answer, maxBytes, { output, watch: watchForSecrets(call) });
    requireDigest(authorized.args.sha256, saved.sha256);
    output.commit();
    return saved;
  } catch (cause) {
    output.discard();
    throw cause;
  }
}

async function toGuest(
  answer: ExchangeAnswer,
  maxBytes: number,
  call: RequestCall,
): Promise<{ readonly bytes: number; readonly body: string }> {
  const { args } = call.authorized;
  const received = await readBody(answer, maxBytes);
  // An answer that isn't the one that was asked for says why, and has another digest.
  if (args.sha256 !== undefined && answer.status >= 200 && answer.status < 300) {
    requireDigest(args.sha256, createHash('sha256').update(received).digest('hex'));
  }
  const body = veilAnswer(received, call);
  return { bytes: received.length, body: body.toString(args.response === 'base64' ? 'base64' : 'utf8') };
}

/** Refuses a body that isn't the one that the call expects. */
function requireDigest(expected: string | undefined, actual: string): void {
  if (expected === undefined || expected === actual) return;
  throw new CallFailure('FAILED', `the response has the SHA-256 ${actual}, not ${expected}: nothing of it was kept`);
}

/** What came back, with placeholders for the secrets that went out, in the forms in which they did. */
function veilAnswer(bytes: Buffer, { scope, used, encoded }: RequestCall): Buffer {
  let veiled = veil(bytes, scope.secrets, [...used]);
  for (const [form, placeholder] of encoded) veiled = replaceBytes(veiled, Buffer.from(form), Buffer.from(placeholder));
  return veiled;
}

/** Without what described the coded body. */
function decodedHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (headers['content-encoding'] === undefined) return headers;
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name !== 'content-encoding' && name !== 'content-length'),
  );
}
