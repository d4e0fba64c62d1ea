import { assertNever, type Json, type JsonObject } from '../../../schemas/index.ts';
import { CallFailure, type SecretVault } from '../capability.ts';
import { problemOfGrantedHeader, requireHeaderValue } from './headers.ts';

/** How the agent signs the requests of an entry, with the run's secret of that name. The plugin never sees the secret. */
export type NetAuth =
  | { readonly scheme: 'bearer'; readonly secret: string }
  | { readonly scheme: 'basic'; readonly user: string; readonly secret: string }
  | { readonly scheme: 'header'; readonly header: string; readonly secret: string };

/** What a rule says of secrets: which may stand in headers, and which one the agent itself sends. */
export interface SecretUse {
  /** `*` is any. */
  readonly secrets: readonly string[];
  readonly auth: NetAuth | undefined;
}

const secretName: JsonObject = {
  type: 'string',
  pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
  description: 'the name of a secret',
};
/** RFC 7617, 2: a user name has no colon and no control character. */
const userPattern = '^[^:\\u0000-\\u001f\\u007f]*$';

/** JSON Schema of an entry's `auth`. */
export const authSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  description: 'how the agent signs the request: bearer, basic or header, each by the name of a secret',
  properties: {
    bearer: { ...secretName, description: 'the name of a secret, sent as `Authorization: Bearer`' },
    basic: {
      description: 'a user name, and a password by the name of a secret',
      type: 'object',
      additionalProperties: false,
      required: ['user', 'password'],
      properties: {
        user: { type: 'string', maxLength: 256, pattern: userPattern, description: 'without a colon' },
        password: secretName,
      },
    },
    header: {
      description: 'a header whose value is that of a secret',
      type: 'object',
      additionalProperties: false,
      required: ['name', 'secret'],
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 256, description: 'the name of the header' },
        secret: secretName,
      },
    },
    'aws-sigv4': { description: 'not supported by this version' },
    'client-cert': { description: 'not supported by this version' },
  },
};

/** Reads an `auth` that fits the schema. */
export function parseAuth(
  value: Json | undefined,
): { readonly auth: NetAuth | undefined } | { readonly problem: string } {
  if (value === undefined) return { auth: undefined };
  const auth = recordOf(value);
  const { bearer, basic, header } = auth;
  if (typeof bearer === 'string') return { auth: { scheme: 'bearer', secret: bearer } };
  if (basic !== undefined) {
    const { user, password } = recordOf(basic);
    if (typeof user !== 'string' || typeof password !== 'string')
      return { problem: '`auth.basic`: give user and password' };
    return { auth: { scheme: 'basic', user, secret: password } };
  }
  if (header !== undefined) {
    const { name, secret } = recordOf(header);
    if (typeof name !== 'string' || typeof secret !== 'string')
      return { problem: '`auth.header`: give name and secret' };
    const problem = name.includes('*') ? `\`${name}\` is not a header's name` : problemOfGrantedHeader(name);
    if (problem !== undefined) return { problem: `\`auth.header\`: ${problem}` };
    return { auth: { scheme: 'header', header: name.toLowerCase(), secret } };
  }
  const [scheme] = Object.keys(auth);
  return {
    problem:
      scheme === undefined
        ? '`auth`: give bearer, basic or header'
        : `\`auth\`: \`${scheme}\` is not supported by this version, which has bearer, basic and header`,
  };
}

/** The secret that an entry's `auth` names, if it can be told. */
export function secretOfAuth(value: Json | undefined): string | undefined {
  const parsed = parseAuth(value);
  return 'auth' in parsed ? parsed.auth?.secret : undefined;
}

/**
 * The authentication that holds where one rule of each layer matched: one that a layer asks for and every other lets go there,
 * by the same `auth` or by the secret's name. Throws DENIED where a layer doesn't: to ask without it would be another request.
 */
export function agreedAuth(uses: readonly SecretUse[]): NetAuth | undefined {
  const auth = uses.find((use) => use.auth !== undefined)?.auth;
  if (auth === undefined) return undefined;
  const agreed = uses.every((use) =>
    use.auth === undefined ? use.secrets.includes(auth.secret) || use.secrets.includes('*') : sameAuth(use.auth, auth),
  );
  if (agreed) return auth;
  throw new CallFailure('DENIED', `not every layer lets the secret \`${auth.secret}\` go to this URL`, {
    rule: 'net: authentication is granted by every layer',
    remedy: `Give each layer's entry the same \`auth\`, or name \`${auth.secret}\` in its \`secrets\`.`,
  });
}

/** The header to send, and what must not come back to the plugin. */
export interface Credentials {
  readonly name: string;
  readonly value: string;
  /** What went out in the secret's place, where that isn't the secret itself. */
  readonly encoded: string | undefined;
}

/** Makes the header. Throws where the run has no such secret, or its value can't stand in a header. */
export function credentialsOf(auth: NetAuth, vault: SecretVault): Credentials {
  const placeholder = vault.placeholder(auth.secret);
  if (placeholder === undefined) {
    throw new CallFailure(
      'NOT_FOUND',
      `the run has no secret \`${auth.secret}\`, which the request is to be signed with`,
    );
  }
  const secret = vault.reveal(placeholder, [auth.secret]).text;
  const credentials = makeCredentials(auth, secret);
  requireHeaderValue(credentials.name, credentials.value);
  return credentials;
}

function makeCredentials(auth: NetAuth, secret: string): Credentials {
  switch (auth.scheme) {
    case 'bearer':
      return { name: 'authorization', value: `Bearer ${secret}`, encoded: undefined };
    case 'basic': {
      const encoded = Buffer.from(`${auth.user}:${secret}`).toString('base64');
      return { name: 'authorization', value: `Basic ${encoded}`, encoded };
    }
    case 'header':
      return { name: auth.header, value: secret, encoded: undefined };
    default:
      return assertNever(auth);
  }
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
    default:
      return assertNever(auth);
  }
}

function sameAuth(one: NetAuth, other: NetAuth): boolean {
  return explainAuth(one) === explainAuth(other);
}

function recordOf(value: Json): JsonObject {
  // What is an object and no list is a JSON object.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
