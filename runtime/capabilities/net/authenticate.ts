import { CallFailure } from '../capability.ts';
import { agreedAuth, secretsOf } from './auth.ts';
import { calledAuth } from './called-auth.ts';
import type { PlannedRequest } from './redirect.ts';
import type { RequestCall } from './request-call.ts';
import { type ClientCertificate, signRequest } from './sign.ts';

/** A request that is about to go out: the headers take what authenticates it. */
export type OutgoingRequest = Pick<PlannedRequest, 'url' | 'method' | 'body' | 'effective' | 'crossedOrigins'> & {
  readonly headers: Map<string, string>;
};

/**
 * Adds the headers by which the agent authenticates, where the call or the entries say so; the certificate to show, if there is one.
 * Behind a redirect to another origin there is neither.
 */
export async function authenticate(
  request: OutgoingRequest,
  call: RequestCall,
): Promise<ClientCertificate | undefined> {
  if (request.crossedOrigins) return undefined;
  const uses = request.effective.secrets;
  const called = calledAuth(call.authorized.args.auth, call.scope.secrets);
  // What the call asks for is one layer more, which every other has to agree to.
  const wishes = called.length === 0 ? [uses] : called.map((auth) => [{ secrets: [], auth }, ...uses]);
  let client: ClientCertificate | undefined;
  for (const wish of wishes) client = (await sign(request, wish, call)) ?? client;
  return client;
}

async function sign(
  request: OutgoingRequest,
  uses: OutgoingRequest['effective']['secrets'],
  { scope, used, encoded }: RequestCall,
): Promise<ClientCertificate | undefined> {
  const auth = agreedAuth(uses);
  if (auth === undefined) return undefined;
  if (auth.scheme === 'client-cert' && request.url.protocol !== 'https:') {
    throw new CallFailure('INVALID_ARGUMENTS', 'a client certificate is shown over https only');
  }
  const signature = await signRequest(auth, request, scope);
  for (const [name, value] of signature.headers) request.headers.set(name, value);
  for (const secret of secretsOf(auth)) used.add(secret);
  for (const { form, secret } of signature.encoded) {
    const placeholder = scope.secrets.placeholder(secret);
    if (placeholder !== undefined) encoded.set(form, placeholder);
  }
  return signature.client;
}
