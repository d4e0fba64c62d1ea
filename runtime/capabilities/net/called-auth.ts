import type { JsonObject } from '../../../schemas/index.ts';
import { CallFailure, type SecretVault } from '../capability.ts';
import { type NetAuth, userPattern } from './auth.ts';

/** How a call asks the agent to authenticate: by placeholders of secrets, which every layer must let go there. */
export interface CalledAuthArgs {
  readonly basic?: { readonly user: string; readonly password: string };
  readonly client_cert?: { readonly certificate: string; readonly key: string };
}

const placeholder: JsonObject = { type: 'string', minLength: 1, maxLength: 256 };

/** JSON Schema of {@link CalledAuthArgs}. */
export const calledAuthSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    basic: {
      type: 'object',
      additionalProperties: false,
      required: ['user', 'password'],
      properties: { user: { type: 'string', maxLength: 256, pattern: userPattern }, password: placeholder },
    },
    client_cert: {
      type: 'object',
      additionalProperties: false,
      required: ['certificate', 'key'],
      properties: { certificate: placeholder, key: placeholder },
    },
  },
};

/**
 * What a call asks for, in the terms of an entry's `auth`. Throws INVALID_ARGUMENTS for a text that is not exactly one placeholder: what
 * is written out has been seen by the guest; nor for a secret as the user, whose placeholder would go out. The text itself is never repeated.
 */
export function calledAuth(args: CalledAuthArgs | undefined, vault: SecretVault): readonly NetAuth[] {
  if (args === undefined) return [];
  const nameOf = (field: string, text: string): string => {
    const [name] = vault.mentioned(text);
    if (name !== undefined && vault.placeholder(name) === text) return name;
    throw new CallFailure('INVALID_ARGUMENTS', `\`auth.${field}\` is not the placeholder of a secret`, {
      remedy: `Give it as a secret, \`\${{ secrets.NAME }}\`, and nothing around it.`,
    });
  };
  const { basic, client_cert: client } = args;
  const [user] = vault.mentioned(basic?.user ?? '');
  if (user !== undefined) {
    throw new CallFailure('INVALID_ARGUMENTS', `the secret \`${user}\` can't stand in \`auth.basic.user\``, {
      remedy: 'Write the user out, or send the whole header as a secret.',
    });
  }
  return [
    ...(basic === undefined
      ? []
      : [{ scheme: 'basic', user: basic.user, secret: nameOf('basic.password', basic.password) } as const]),
    ...(client === undefined
      ? []
      : [
          {
            scheme: 'client-cert',
            certificate: nameOf('client_cert.certificate', client.certificate),
            key: nameOf('client_cert.key', client.key),
          } as const,
        ]),
  ];
}
