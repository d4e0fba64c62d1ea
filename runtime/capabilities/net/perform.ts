import type { Json } from '../../../schemas/index.ts';
import type { Authorized } from '../../grants/api.ts';
import { requireAuthorized } from '../../grants/brand.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import { replaceBytes, veil } from '../veil.ts';
import { requireWorkspaceOutput, startWorkspaceOutput } from '../workspace-file.ts';
import { agreedAuth, credentialsOf, type NetAuth } from './auth.ts';
import { demandOf, guestLimitBytes, type NetArgs, readUrl } from './call.ts';
import type { ExchangeAnswer } from './exchange.ts';
import { readHeaders, requireHeaderValue } from './headers.ts';
import type { NetPowers } from './powers.ts';
import { followRedirect, locationOf, type PlannedRequest } from './redirect.ts';
import { readRequestBody } from './request-body.ts';
import { acceptedCodings, defaultFileBytes, defaultGuestBytes, readBody, saveBody } from './response-body.ts';
import type { NetEffective } from './rule.ts';
import { findTarget } from './target.ts';

type AuthorizedRequest = Authorized<NetArgs, NetEffective>;

/** Redirects that are followed where the call names no other number. */
const defaultRedirects = 5;
/** Of the whole call, redirects and body included. */
const defaultTimeoutMs = 60_000;
const defaultFileTimeoutMs = 1_800_000;

/** One request with its redirects, from the authorized call to the answer. */
export async function performRequest(
  authorized: AuthorizedRequest,
  scope: CallScope,
  powers: NetPowers,
): Promise<Json> {
  requireAuthorized(authorized);
  const { args } = authorized;
  const first = planRequest(authorized, scope);
  const timeout_ms = args.timeout_ms ?? (wantsFile(args) === undefined ? defaultTimeoutMs : defaultFileTimeoutMs);
  const timeout = AbortSignal.timeout(timeout_ms);
  const call: RequestCall = {
    authorized,
    scope,
    powers,
    signal: AbortSignal.any([scope.signal, timeout]),
    used: new Set(),
    encoded: new Map(),
  };
  try {
    return await requestAndDeliver(first, call);
  } catch (cause) {
    if (cause instanceof CallFailure) throw cause;
    if (scope.signal.aborted)
      throw new CallFailure('CANCELLED', 'the request was ended because the step is being cancelled');
    if (timeout.aborted) throw new CallFailure('TIMEOUT', `${first.url.origin} did not answer within ${timeout_ms} ms`);
    const { failureOfExchange } = await import('./exchange.ts');
    throw failureOfExchange(cause, first.url);
  }
}

/** What every part of the call needs. */
interface RequestCall {
  readonly authorized: AuthorizedRequest;
  readonly scope: CallScope;
  readonly powers: NetPowers;
  readonly signal: AbortSignal;
  /** Secrets whose values went out. */
  readonly used: Set<string>;
  /** In which other forms they went out, with the placeholder of each. */
  readonly encoded: Map<string, string>;
}

function planRequest(authorized: AuthorizedRequest, scope: CallScope): PlannedRequest {
  const { args, effective } = authorized;
  const read = readUrl(args.url);
  if ('problem' in read) throw new CallFailure('INVALID_ARGUMENTS', read.problem);
  const { method } = demandOf(args);
  if (args.body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw new CallFailure('INVALID_ARGUMENTS', `a ${method} request has no body`);
  }
  if (typeof args.response !== 'object' && (args.max_bytes ?? 0) > guestLimitBytes) {
    throw new CallFailure(
      'INVALID_ARGUMENTS',
      `\`max_bytes\` is at most ${guestLimitBytes} for a response to the plugin`,
    );
  }
  const file = wantsFile(args);
  if (file !== undefined) requireWorkspaceOutput(authorized, file);
  const headers = readHeaders(args.headers ?? {});
  return {
    url: read.url,
    method,
    headers,
    body: readRequestBody(args.body, authorized, scope),
    effective,
    crossedOrigins: false,
  };
}

async function requestAndDeliver(first: PlannedRequest, call: RequestCall): Promise<Json> {
  const { authorized, scope } = call;
  const redirects = authorized.args.redirects ?? defaultRedirects;
  let request = first;
  for (let followed = 0; ; followed += 1) {
    await using answer = await send(request, call);
    scope.audit.note({ url: request.url.href, address: answer.address, status: answer.status, redirects: followed });
    const location = redirects === 0 ? undefined : locationOf(answer.status, answer.headers);
    if (location === undefined) return await deliver(answer, request.url, call);
    if (followed === redirects) {
      throw new CallFailure('LIMIT_EXCEEDED', `more than ${redirects} redirects; the last led to ${location}`);
    }
    request = followRedirect(
      request,
      { status: answer.status, location },
      {
        recheck: (demand) => authorized.recheck(demand),
        carriesSecret: (value) => scope.secrets.mentioned(value).length > 0,
      },
    );
  }
}

async function send(request: PlannedRequest, call: RequestCall): Promise<ExchangeAnswer> {
  const { powers, signal, authorized } = call;
  const { url, method } = request;
  const target = await findTarget(url, {
    ask: (address) => authorized.recheck({ url: url.href, method, headers: [...request.headers.keys()], address }),
    effective: request.effective,
    lookup: powers.lookup,
    signal,
  });
  const revealed = revealHeaders({ headers: request.headers, effective: target.effective }, call);
  const headers = new Map([['user-agent', powers.userAgent], ['accept', '*/*'], ...revealed]);
  const auth = request.crossedOrigins ? undefined : agreedAuth(target.effective.secrets);
  if (auth !== undefined) sign(headers, auth, call);
  headers.set('accept-encoding', wantsFile(authorized.args) === undefined ? acceptedCodings : 'identity');
  if (request.body !== undefined) headers.set('content-length', String(request.body.length));
  // The HTTP client takes longer to load than a step takes: whoever makes no request doesn't wait for it.
  const { exchange } = await import('./exchange.ts');
  return exchange({
    target,
    method: request.method,
    headers,
    body: request.body?.open(),
    authorities: powers.authorities,
    signal,
  });
}

/** Puts values in for the placeholders of secrets that every rule lets go to this very URL. */
function revealHeaders(
  { headers, effective }: Pick<PlannedRequest, 'headers' | 'effective'>,
  { scope, used }: RequestCall,
): readonly [string, string][] {
  return [...headers].map(([name, value]) => {
    const allowed = scope.secrets
      .mentioned(value)
      .filter((secret) => effective.secrets.every(({ secrets }) => secrets.includes(secret) || secrets.includes('*')));
    const revealed = scope.secrets.reveal(value, allowed);
    for (const secret of revealed.used) used.add(secret);
    requireHeaderValue(name, revealed.text);
    return [name, revealed.text];
  });
}

/** Adds the header by which the agent signs; one that the plugin set in its place is a mistake. */
function sign(headers: Map<string, string>, auth: NetAuth, { scope, used, encoded }: RequestCall): void {
  const credentials = credentialsOf(auth, scope.secrets);
  if (headers.has(credentials.name)) {
    throw new CallFailure(
      'INVALID_ARGUMENTS',
      `the header \`${credentials.name}\` is the agent's own: the entry says \`auth\``,
    );
  }
  headers.set(credentials.name, credentials.value);
  used.add(auth.secret);
  const placeholder = scope.secrets.placeholder(auth.secret);
  if (credentials.encoded !== undefined && placeholder !== undefined) encoded.set(credentials.encoded, placeholder);
}

function wantsFile(args: NetArgs): string | undefined {
  return typeof args.response === 'object' ? args.response.file : undefined;
}

async function deliver(answer: ExchangeAnswer, url: URL, call: RequestCall): Promise<Json> {
  const { authorized, scope } = call;
  const { args } = authorized;
  const used = [...call.used];
  const head = {
    status: answer.status,
    url: url.href,
    headers: Object.fromEntries(
      Object.entries(decodedHeaders(answer.headers)).map(([name, value]) => [
        name,
        veilAnswer(Buffer.from(value), call).toString(),
      ]),
    ),
  };
  const file = wantsFile(args);
  const good = answer.status >= 200 && answer.status < 300;
  // The page that says why there is no file must not take the file's place.
  const body =
    file !== undefined && good
      ? await toFile(answer, file, call)
      : await toGuest(answer, call, {
          maxBytes: file === undefined ? (args.max_bytes ?? defaultGuestBytes) : defaultGuestBytes,
        });
  scope.audit.note({ bytes: body.bytes, ...(used.length === 0 ? {} : { secrets: used }) });
  return { ...head, ...body };
}

async function toFile(
  answer: ExchangeAnswer,
  file: string,
  { authorized, scope }: RequestCall,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const output = startWorkspaceOutput(authorized, scope, file);
  try {
    const saved = await saveBody(answer, authorized.args.max_bytes ?? defaultFileBytes, output);
    output.commit();
    return saved;
  } catch (cause) {
    output.discard();
    throw cause;
  }
}

async function toGuest(
  answer: ExchangeAnswer,
  call: RequestCall,
  { maxBytes }: { readonly maxBytes: number },
): Promise<{ readonly bytes: number; readonly body: string }> {
  const received = await readBody(answer, maxBytes);
  const body = veilAnswer(received, call);
  return {
    bytes: received.length,
    body: body.toString(call.authorized.args.response === 'base64' ? 'base64' : 'utf8'),
  };
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
