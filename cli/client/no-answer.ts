import { WaterflowFailure } from '../../schemas/index.ts';
import { plainLine } from '../report/text.ts';
import type { ServerTarget } from './target.ts';

/** Codes of Node, of undici and of resolvers, for what is over once a server or the way to it is back. */
const passingCodes: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** SERVER_UNAVAILABLE, and whether it makes sense to ask again soon. */
export class NoAnswer extends WaterflowFailure {
  readonly mayPass: boolean;

  constructor(failure: WaterflowFailure, { mayPass }: { readonly mayPass: boolean }) {
    super(failure.error, { cause: failure.cause });
    this.mayPass = mayPass;
  }
}

/** Why a server gave no answer of Waterflow. `cause` is what fetch() threw, which says whether it may pass where `mayPass` doesn't. */
export function noAnswer(
  target: ServerTarget,
  { reason, cause, mayPass }: { readonly reason: string; readonly cause?: unknown; readonly mayPass?: boolean },
): NoAnswer {
  const failure = new WaterflowFailure(
    {
      code: 'SERVER_UNAVAILABLE',
      message: `no answer of a Waterflow server at ${target.url.href}: ${plainLine(reason)}`,
      remedy: remedyOf(target, cause),
    },
    { cause },
  );
  return new NoAnswer(failure, { mayPass: mayPass ?? isPassing(cause) });
}

/** What lies below `fetch failed`. */
export function reasonOf(thrown: unknown, { answerTimeoutMs }: { readonly answerTimeoutMs: number }): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.name === 'TimeoutError') return `it took longer than ${answerTimeoutMs / 1000} seconds`;
  const { cause } = thrown;
  if (!(cause instanceof Error)) return thrown.message;
  // Node wraps the errors of several addresses of a name.
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause.message === '' ? thrown.message : cause.message;
}

function isPassing(thrown: unknown): boolean {
  return (thrown instanceof Error && thrown.name === 'TimeoutError') || passingCodes.has(codeBelow(thrown));
}

function remedyOf({ url }: ServerTarget, cause: unknown): string {
  const isThere =
    'Check the URL, and that the server runs: `waterflow server` starts one; its /healthz says that it does.';
  if (isUntrusted(cause)) {
    return 'If the server has a certificate of an authority of your own, name its file in WATERFLOW_SERVER_TLS_CA, or in `tls.ca` of the profile.';
  }
  if (url.protocol === 'https:' && closedCodes.has(codeBelow(cause))) {
    return `If the server asks for certificates, name yours and its key in WATERFLOW_SERVER_TLS_CERT and WATERFLOW_SERVER_TLS_KEY, or in \`tls\` of the profile. Else: ${isThere}`;
  }
  return isThere;
}

/** So servers of https end it that got no certificate which they trust: Waterflow's own just close, others say why first. */
const closedCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'UND_ERR_SOCKET',
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
]);

/** Whether the server's certificate was refused (the codes of Node's TLS: SELF_SIGNED_CERT_IN_CHAIN, CERT_HAS_EXPIRED…). */
function isUntrusted(thrown: unknown): boolean {
  return /^(?!ERR_SSL).*(?:CERT|UNABLE_TO_VERIFY)/u.test(codeBelow(thrown));
}

/** The code of what fetch() failed by, or an empty text. */
function codeBelow(thrown: unknown): string {
  const below = thrown instanceof Error ? thrown.cause : undefined;
  return below instanceof Error && 'code' in below ? String(below.code) : '';
}
