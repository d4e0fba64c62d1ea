import { CallFailure } from '../capability.ts';
import type { PlannedRequest } from './redirect.ts';
import type { RequestCall } from './request-call.ts';

/**
 * What may stand in the path: a value never ends its segment, is never `.` or `..`, and is read by no server as anything but itself. So
 * patterns may be asked about the placeholder in its place; a deny, which may name the value, is asked about the URL as it goes out, too.
 */
const pathValue = /^(?=.*[A-Za-z0-9])[A-Za-z0-9._~:-]{1,1024}$/;

/**
 * The URL as it goes out: with values in the place of placeholders in its path and its query, of the secrets that every rule lets stand
 * there (`url-secrets`). Throws where it mentions another one, or one in its host: what would go out is of no use to anybody. Not behind a
 * redirect to another origin, where secrets never go along.
 */
export function revealUrl(request: PlannedRequest, call: RequestCall): URL {
  const { url, crossedOrigins } = request;
  if (crossedOrigins) return url;
  const names = call.scope.secrets.mentioned(url.href);
  if (names.length === 0) return url;
  requireUrlSecrets(names, request, call);
  const sent = new URL(url);
  for (const name of names) {
    const placeholder = call.scope.secrets.placeholder(name) ?? '';
    const value = call.scope.secrets.reveal(placeholder, [name]).text;
    const encoded = encodeURIComponent(value.toWellFormed());
    if (url.pathname.includes(placeholder)) {
      if (!pathValue.test(value)) throw misfit(name);
      sent.pathname = sent.pathname.replaceAll(placeholder, () => value);
    }
    if (url.search.includes(placeholder)) {
      sent.search = sent.search.replaceAll(placeholder, () => encoded);
      call.encoded.set(encoded, placeholder);
    }
    call.used.add(name);
  }
  requireNotDenied(request, sent, call);
  return sent;
}

/** Throws where one of these secrets stands in the host, or a rule doesn't let it stand in the URL. */
export function requireUrlSecrets(
  names: readonly string[],
  { url, effective }: Pick<PlannedRequest, 'url' | 'effective'>,
  { scope }: Pick<RequestCall, 'scope'>,
): void {
  const [host] = scope.secrets.mentioned(url.host);
  if (host !== undefined) {
    throw new CallFailure('INVALID_ARGUMENTS', `the secret \`${host}\` can't stand in the host of a URL`, {
      remedy: 'Write the host out: it is what is granted.',
    });
  }
  const kept = names.find(
    (name) => !effective.urlSecrets.every((those) => those.includes(name) || those.includes('*')),
  );
  if (kept === undefined) return;
  throw new CallFailure('DENIED', `the secret \`${kept}\` may not stand in the URL`, {
    rule: 'net: url-secrets',
    remedy: 'Send it in a header, or name it in `url-secrets` of the permission and of each other layer.',
  });
}

function misfit(name: string): CallFailure {
  return new CallFailure('INVALID_ARGUMENTS', `the value of the secret \`${name}\` can't stand in the path of a URL`, {
    remedy: 'It has to be letters, digits and . _ ~ : - alone: keep what is no secret, slashes too, in the URL itself.',
  });
}

function requireNotDenied({ url, method, headers }: PlannedRequest, sent: URL, { authorized }: RequestCall): void {
  const answer = authorized.recheck({ url: url.href, method, headers: [...headers.keys()], sent: sent.href });
  if (answer.kind === 'allowed') return;
  const { message, rule, remedy } = answer.denial;
  throw new CallFailure('DENIED', message, { rule, remedy });
}
