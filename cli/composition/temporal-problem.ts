import { type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import type { TemporalSettings } from './temporal-settings.ts';

/** Why Temporal isn't reached, in words that an operator can act on, instead of those of the library that connects. */
export function connectionProblem(cause: unknown, settings: TemporalSettings): WaterflowError {
  if (cause instanceof WaterflowFailure) return cause.error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const known = problems.find(({ matches }) => matches.test(reason));
  const { code, what, remedy } = known?.words(settings) ?? {
    code: 'SERVER_UNAVAILABLE',
    what: reason,
    remedy: 'Check that TEMPORAL_HOST is the address of the frontend of Temporal, and that it is up.',
  };
  return { code, message: `Temporal (${settings.host}) is not reached: ${what}`, remedy };
}

interface Words {
  readonly code: WaterflowError['code'];
  readonly what: string;
  readonly remedy: string;
}

const reachable = 'Check that it is up, and that nothing between here and there keeps packets back.';

/** What the core of @temporalio/worker 1.24 says, which is made of the errors of tonic, hyper and rustls. The first that matches counts. */
const problems: readonly { readonly matches: RegExp; readonly words: (settings: TemporalSettings) => Words }[] = [
  {
    matches: /^Namespace .* is not found/u,
    words: ({ namespace }) => ({
      code: 'NOT_FOUND',
      what: `it has no namespace ${namespace}`,
      remedy: `Name one that is there (TEMPORAL_NAMESPACE, \`temporal.namespace\`), or make it: temporal operator namespace create --namespace ${namespace}; or have servers make it (TEMPORAL_CREATE_NAMESPACE=7d)`,
    }),
  },
  {
    matches: /ConnectionRefused/u,
    words: () => ({
      code: 'SERVER_UNAVAILABLE',
      what: 'nobody listens there',
      remedy: 'Check host and port (TEMPORAL_HOST, `temporal.host`), and that Temporal is up.',
    }),
  },
  {
    matches: /dns error/u,
    words: () => ({
      code: 'SERVER_UNAVAILABLE',
      what: 'its name is not known',
      remedy: 'Check the name in TEMPORAL_HOST (`temporal.host`), and the name service of this machine.',
    }),
  },
  {
    matches: /InvalidContentType/u,
    words: ({ apiKey, apiKeyFile }) => ({
      code: 'SERVER_UNAVAILABLE',
      what: 'it does not speak TLS',
      remedy:
        (apiKey ?? apiKeyFile) === undefined
          ? 'Leave out `temporal.tls` (TEMPORAL_TLS_…), or name the address that speaks TLS.'
          : 'An API key is sent by TLS alone: name the address that speaks TLS, or leave the key out.',
    }),
  },
  {
    matches: /CertificateRequired|HandshakeFailure|AlertReceived|fatal alert/u,
    words: ({ tls }) => ({
      code: 'UNAUTHENTICATED',
      what: `it ${tls?.client === undefined ? 'wants a certificate of its clients' : "does not take this process's certificate"}`,
      remedy:
        'Name a certificate by an authority that it trusts, and its key: `temporal.tls.cert` and `temporal.tls.key`.',
    }),
  },
  {
    matches: /UnknownIssuer|BadSignature/u,
    words: () => ({
      code: 'SERVER_UNAVAILABLE',
      what: 'its certificate is by an authority that is not trusted',
      remedy: 'Name the file of its authority, in PEM: `temporal.tls.ca` (TEMPORAL_TLS_CA).',
    }),
  },
  {
    matches: /NotValidForName/u,
    words: () => ({
      code: 'SERVER_UNAVAILABLE',
      what: 'its certificate is for another name',
      remedy: 'Name the one that the certificate is for: `temporal.tls.server-name` (TEMPORAL_TLS_SERVER_NAME).',
    }),
  },
  {
    matches: /InvalidCertificate\(Expired|CertificateExpired|NotValidYet/u,
    words: () => ({
      code: 'SERVER_UNAVAILABLE',
      what: 'a certificate is not valid at this time',
      remedy: 'Renew it, and check the clocks of both machines.',
    }),
  },
  {
    matches: /PrivateKeyParseError|KeyMismatch|CertificateParseError|InconsistentKeys/u,
    words: () => ({
      code: 'INVALID_INPUT',
      what: "this process's certificate and key are none, or do not belong together",
      remedy: 'Name a certificate and its own key, both in PEM: `temporal.tls.cert` and `temporal.tls.key`.',
    }),
  },
  {
    matches: /authentication credentials|Unauthenticated/u,
    words: ({ apiKey, apiKeyFile }) => ({
      code: 'UNAUTHENTICATED',
      what: (apiKey ?? apiKeyFile) === undefined ? 'it wants an API key' : 'it does not take the API key',
      remedy: 'Give one that it knows: `temporal.api-key-file` (TEMPORAL_API_KEY_FILE), or TEMPORAL_API_KEY.',
    }),
  },
  {
    matches: /does not have permission|PermissionDenied/u,
    words: ({ namespace }) => ({
      code: 'FORBIDDEN',
      what: `it does not let this process into the namespace ${namespace}`,
      remedy: 'Give the identity of the certificate, or of the API key, the right to write there.',
    }),
  },
  {
    matches: /TimeoutExpired|DeadlineExceeded/u,
    words: ({ tls }) => ({
      code: 'SERVER_UNAVAILABLE',
      what: 'it does not answer',
      remedy: tls?.client === undefined ? reachable : `${reachable} It may not take this process's certificate.`,
    }),
  },
  {
    matches: /BrokenPipe|ConnectionReset|h2 protocol error|UnexpectedEof|connection closed/u,
    words: ({ tls }) => ({
      code: 'SERVER_UNAVAILABLE',
      what: 'it hangs up',
      remedy: `Check the port: that of the frontend is 7233 by default.${hangsUp(tls)}`,
    }),
  },
];

/** It isn't always told why: in TLS 1.3 a certificate is looked at when the client is done. */
function hangsUp(tls: TemporalSettings['tls']): string {
  if (tls === undefined) return ' If it speaks TLS, say so: `temporal.tls` (TEMPORAL_TLS_CA).';
  if (tls.client !== undefined) return " It may not take this process's certificate.";
  return ' If it wants a certificate of its clients, name one, and its key: `temporal.tls.cert` and `temporal.tls.key`.';
}
