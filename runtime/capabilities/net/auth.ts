import { assertNever, isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import { agreedWish } from '../agreed-secrets.ts';
import { secretPattern } from '../entry-parts.ts';
import { problemOfGrantedHeader } from './headers.ts';

/** How the agent signs the requests of an entry, with the run's secrets of those names. The plugin never sees them. */
export type NetAuth =
  | { readonly scheme: 'bearer'; readonly secret: string }
  | { readonly scheme: 'basic'; readonly user: string; readonly secret: string }
  | { readonly scheme: 'header'; readonly header: string; readonly secret: string }
  | {
      readonly scheme: 'aws-sigv4';
      readonly region: string;
      readonly service: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken: string | undefined;
    }
  | { readonly scheme: 'client-cert'; readonly certificate: string; readonly key: string };

/** What a rule says of secrets: which may stand in headers, and which ones the agent itself sends. */
export interface SecretUse {
  /** `*` is any. */
  readonly secrets: readonly string[];
  readonly auth: NetAuth | undefined;
}

const secretName: JsonObject = { type: 'string', pattern: secretPattern, description: 'the name of a secret' };
/** RFC 7617, 2: a user name has no colon and no control character. */
export const userPattern = '^[^:\\u0000-\\u001f\\u007f]*$';
/** Of regions and services: what stands between the slashes of a credential's scope. */
const scopePattern = '^[a-z0-9][a-z0-9-]{0,62}$';

function formSchema(description: string, properties: JsonObject, required: readonly string[]): JsonObject {
  return { description, type: 'object', additionalProperties: false, required, properties };
}

/** JSON Schema of an entry's `auth`. */
export const authSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  description: 'how the agent signs the request: bearer, basic, header, aws-sigv4 or client-cert, by names of secrets',
  properties: {
    bearer: { ...secretName, description: 'the name of a secret, sent as `Authorization: Bearer`' },
    basic: formSchema(
      'a user name, and a password by the name of a secret',
      {
        user: { type: 'string', maxLength: 256, pattern: userPattern, description: 'without a colon' },
        password: secretName,
      },
      ['user', 'password'],
    ),
    header: formSchema(
      'a header whose value is that of a secret',
      {
        name: { type: 'string', minLength: 1, maxLength: 256, description: 'the name of the header' },
        secret: secretName,
      },
      ['name', 'secret'],
    ),
    'aws-sigv4': formSchema(
      'the signature of AWS and of services that understand it, with keys by names of secrets',
      {
        region: { type: 'string', pattern: scopePattern, description: 'such as eu-central-1' },
        service: { type: 'string', pattern: scopePattern, description: 'such as s3' },
        'access-key-id': secretName,
        'secret-access-key': secretName,
        'session-token': secretName,
      },
      ['region', 'service', 'access-key-id', 'secret-access-key'],
    ),
    'client-cert': formSchema(
      'a certificate that the agent shows when it connects, with its key, in PEM, by names of secrets',
      { certificate: secretName, key: secretName },
      ['certificate', 'key'],
    ),
  },
};

/** Reads an `auth` that fits the schema. */
export function parseAuth(
  value: Json | undefined,
): { readonly auth: NetAuth | undefined } | { readonly problem: string } {
  if (value === undefined) return { auth: undefined };
  const auth: JsonObject = isJsonObject(value) ? value : {};
  const [scheme] = Object.keys(auth);
  if (scheme === undefined) return { problem: `\`auth\`: give one of ${schemes.join(', ')}` };
  const form = auth[scheme];
  const texts = textsOf(form);
  const missing = (...keys: readonly string[]): string | undefined =>
    keys.find((key) => texts[key] === undefined || texts[key] === '');
  const incomplete = (key: string): { readonly problem: string } => ({
    problem: `\`auth.${scheme}\`: give \`${key}\``,
  });
  const text = (key: string): string => texts[key] ?? '';
  switch (scheme) {
    case 'bearer':
      return typeof form === 'string' ? { auth: { scheme, secret: form } } : incomplete('the name of a secret');
    case 'basic': {
      const without = texts['user'] === undefined ? 'user' : missing('password');
      if (without !== undefined) return incomplete(without);
      return { auth: { scheme, user: text('user'), secret: text('password') } };
    }
    case 'header': {
      const without = missing('name', 'secret');
      if (without !== undefined) return incomplete(without);
      const name = text('name');
      const problem = name.includes('*') ? `\`${name}\` is not a header's name` : problemOfGrantedHeader(name);
      if (problem !== undefined) return { problem: `\`auth.header\`: ${problem}` };
      return { auth: { scheme, header: name.toLowerCase(), secret: text('secret') } };
    }
    case 'aws-sigv4': {
      const without = missing('region', 'service', 'access-key-id', 'secret-access-key');
      if (without !== undefined) return incomplete(without);
      const scope = ['region', 'service'].find((key) => !new RegExp(scopePattern).test(text(key)));
      if (scope !== undefined) return { problem: `\`auth.aws-sigv4\`: \`${text(scope)}\` is not a ${scope}` };
      return {
        auth: {
          scheme,
          region: text('region'),
          service: text('service'),
          accessKeyId: text('access-key-id'),
          secretAccessKey: text('secret-access-key'),
          sessionToken: texts['session-token'],
        },
      };
    }
    case 'client-cert': {
      const without = missing('certificate', 'key');
      if (without !== undefined) return incomplete(without);
      return { auth: { scheme, certificate: text('certificate'), key: text('key') } };
    }
    default:
      return { problem: `\`auth\`: \`${scheme}\` is not one of ${schemes.join(', ')}` };
  }
}

const schemes: readonly NetAuth['scheme'][] = ['bearer', 'basic', 'header', 'aws-sigv4', 'client-cert'];

function textsOf(form: Json | undefined): Readonly<Record<string, string | undefined>> {
  if (!isJsonObject(form)) return {};
  return Object.fromEntries(
    Object.entries(form).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

/** The secrets that the agent signs with. */
export function secretsOf(auth: NetAuth): readonly string[] {
  switch (auth.scheme) {
    case 'bearer':
    case 'basic':
    case 'header':
      return [auth.secret];
    case 'aws-sigv4':
      return [auth.accessKeyId, auth.secretAccessKey, ...(auth.sessionToken === undefined ? [] : [auth.sessionToken])];
    case 'client-cert':
      return [auth.certificate, auth.key];
    default:
      return assertNever(auth);
  }
}

/** The secrets that an entry's `auth` names, as far as that can be told. */
export function secretsOfAuth(value: Json | undefined): readonly string[] {
  const parsed = parseAuth(value);
  return 'auth' in parsed && parsed.auth !== undefined ? secretsOf(parsed.auth) : [];
}

/**
 * The authentication that holds where one rule of each layer matched: one that a layer asks for and every other lets go there,
 * by the same `auth` or by the secrets' names. Throws DENIED where a layer doesn't: to ask without it would be another request.
 */
export function agreedAuth(uses: readonly SecretUse[]): NetAuth | undefined {
  return agreedWish(
    uses.map(({ secrets, auth }) => ({ secrets, wish: auth })),
    {
      names: secretsOf,
      same: sameAuth,
      does: 'sign requests to this URL',
      rule: 'net: authentication is granted by every layer',
      keys: '`auth`',
    },
  );
}

/** What an entry's `auth` does, for people. */
export function explainAuth(auth: NetAuth): string {
  switch (auth.scheme) {
    case 'bearer':
      return `signed by the agent with the secret ${auth.secret} as bearer token`;
    case 'basic':
      return `signed by the agent as user ${auth.user} with the secret ${auth.secret}`;
    case 'header':
      return `signed by the agent with the secret ${auth.secret} in the header ${auth.header}`;
    case 'aws-sigv4':
      return `signed by the agent for ${auth.service} in ${auth.region} with the secrets ${secretsOf(auth).join(', ')}`;
    case 'client-cert':
      return `with the client certificate ${auth.certificate} and its key ${auth.key}`;
    default:
      return assertNever(auth);
  }
}

function sameAuth(one: NetAuth, other: NetAuth): boolean {
  return explainAuth(one) === explainAuth(other);
}
