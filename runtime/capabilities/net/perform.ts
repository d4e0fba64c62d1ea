import type { Json, JsonObject } from '../../../schemas/index.ts';
import type { Authorized } from '../../grants/api.ts';
import { requireAuthorized } from '../../grants/brand.ts';
import { vaultOf } from '../../grants/secret-reach.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import { startDeadline } from '../deadline.ts';
import { requireWorkspaceOutput } from '../workspace-file.ts';
import { authenticate } from './authenticate.ts';
import { demandOf, guestLimitBytes, type NetArgs, readUrl } from './call.ts';
import { deliver } from './deliver.ts';
import type { ExchangeAnswer } from './exchange.ts';
import { effectiveWith, revealHeaders, secretsInHeaders } from './header-secrets.ts';
import { readHeaders } from './headers.ts';
import type { NetPowers } from './powers.ts';
import { followRedirect, locationOf, type PlannedRequest } from './redirect.ts';
import { type RequestBody, readRequestBody, requireNoSecret } from './request-body.ts';
import { type RequestCall, wantsFile } from './request-call.ts';
import { acceptedCodings } from './response-body.ts';
import type { NetEffective } from './rule.ts';
import { findProxied, findTarget, type TargetRequirements } from './target.ts';
import { requireUrlSecrets, revealUrl } from './url-secrets.ts';

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
  using deadline = startDeadline(
    args.timeout_ms ?? (wantsFile(args) === undefined ? defaultTimeoutMs : defaultFileTimeoutMs),
  );
  const call: RequestCall = {
    authorized,
    scope,
    powers,
    signal: AbortSignal.any([scope.signal, deadline.signal]),
    deadline,
    used: new Set(),
    encoded: new Map(),
  };
  try {
    return await requestAndDeliver(first, call);
  } catch (cause) {
    if (cause instanceof CallFailure) throw cause;
    if (scope.signal.aborted)
      throw new CallFailure('CANCELLED', 'the request was ended because the step is being cancelled');
    if (deadline.signal.aborted) {
      throw new CallFailure('TIMEOUT', `${first.url.origin} did not answer within ${deadline.limit_ms} ms`);
    }
    const { failureOfExchange } = await import('./exchange.ts');
    throw failureOfExchange(cause, first.url);
  }
}

/**
 * Throws what a request itself is refused for before anything is looked up or sent, which secrets stand where above all: where a record
 * answers in the place of the world, too.
 */
export function requireSendable(authorized: AuthorizedRequest, scope: CallScope): void {
  requireAuthorized(authorized);
  const { url, secrets, effective } = planRequest(authorized, scope);
  const inUrl = scope.secrets.mentioned(url.href);
  if (inUrl.length > 0) requireUrlSecrets(inUrl, { url, effective }, { scope });
  const vault = vaultOf(authorized, scope.secrets);
  // Nothing comes of it but a refusal: of a secret that its `secrets` entry keeps from net.
  for (const name of [...secrets, ...inUrl]) vault.reveal(vault.placeholder(name) ?? '', [name]);
}

function planRequest(authorized: AuthorizedRequest, scope: CallScope): PlannedRequest {
  const { args } = authorized;
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
  requireNoSecret(args.body, scope.secrets);
  const file = wantsFile(args);
  if (file !== undefined) requireWorkspaceOutput(authorized, file);
  const headers = readHeaders(args.headers ?? {});
  const secrets = secretsInHeaders(headers, scope.secrets);
  return {
    url: read.url,
    method,
    headers,
    secrets,
    body: readRequestBody(args.body, authorized, scope),
    effective: effectiveWith(secrets, authorized),
    crossedOrigins: false,
  };
}

async function requestAndDeliver(first: PlannedRequest, call: RequestCall): Promise<Json> {
  const { authorized, scope } = call;
  const redirects = authorized.args.redirects ?? defaultRedirects;
  const { proxy } = authorized.args;
  const by = proxy === undefined ? {} : { proxy };
  const began = performance.now();
  let request = first;
  const passed: JsonObject[] = [];
  for (let followed = 0; ; followed += 1) {
    const { effective, ...sent } = await send(request, call);
    await using answer = sent.answer;
    const stop = { url: request.url.href, address: answer.address, ...by, status: answer.status };
    // Whatever the last of them is, each server on the way got a request.
    scope.audit.note({ ...stop, redirects: followed, ...(passed.length === 0 ? {} : { passed: [...passed] }) });
    passed.push(stop);
    const location = redirects === 0 ? undefined : locationOf(answer.status, answer.headers);
    if (location === undefined) {
      const delivered = await deliver(answer, { url: request.url, effective, sent: request.body?.sent() }, call);
      return { ...delivered, redirects: followed, elapsed_ms: Math.round(performance.now() - began) };
    }
    if (followed === redirects) {
      throw new CallFailure('LIMIT_EXCEEDED', `more than ${redirects} redirects; the last led to ${location}`);
    }
    request = followRedirect(
      request,
      { status: answer.status, location },
      {
        recheck: (demand) => authorized.recheck({ ...demand, ...by }),
        mentioned: (value) => scope.secrets.mentioned(value),
      },
    );
  }
}

async function send(
  request: PlannedRequest,
  call: RequestCall,
): Promise<{ readonly answer: ExchangeAnswer; readonly effective: NetEffective }> {
  const { powers, signal, authorized, deadline } = call;
  const { url, method, body, secrets } = request;
  const { proxy } = authorized.args;
  const by = proxy === undefined ? {} : { proxy };
  const requirements: TargetRequirements = {
    ask: (found) =>
      authorized.recheck({ url: url.href, method, headers: [...request.headers.keys()], secrets, ...by, ...found }),
    effective: request.effective,
    lookup: powers.lookup,
    signal,
  };
  const target = await (proxy === undefined ? findTarget(url, requirements) : findProxied(url, proxy, requirements));
  const { effective } = target;
  deadline.atMost(effective.limits.time);
  const outgoing = revealUrl({ ...request, effective }, call);
  requireSize(body, effective.limits.request);
  const revealed = revealHeaders({ headers: request.headers, effective }, call);
  const headers = new Map([['user-agent', powers.userAgent], ['accept', '*/*'], ...revealed]);
  headers.set('accept-encoding', wantsFile(authorized.args) === undefined ? acceptedCodings : 'identity');
  if (body !== undefined) headers.set('content-length', String(body.length));
  const client = await authenticate({ ...request, url: outgoing, headers, effective }, call);
  // The HTTP client takes longer to load than a step takes: whoever makes no request doesn't wait for it.
  const { exchange } = await import('./exchange.ts');
  signal.throwIfAborted();
  const answer = await exchange({
    target: { ...target, url: outgoing },
    method,
    headers,
    body: body?.open(),
    authorities: powers.authorities,
    client,
    signal,
  });
  return { answer, effective };
}

function requireSize(body: RequestBody | undefined, limit: number | undefined): void {
  if (body === undefined || limit === undefined || body.length <= limit) return;
  throw new CallFailure('LIMIT_EXCEEDED', `the body has ${body.length} bytes, and the entry lets ${limit} go there`, {
    rule: 'net: limits.request',
    remedy: 'Send less, or raise `limits.request` in each layer that has it.',
  });
}
