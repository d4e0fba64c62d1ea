import type { JsonObject } from '../../schemas/index.ts';
import { requireAuthorized } from '../grants/brand.ts';
import { CallFailure, type Capability } from './capability.ts';

/** Names whose placeholders the plugin may ask for. */
export interface SecretsRule {
  readonly names: readonly string[];
  readonly to: readonly string[] | undefined;
}

interface GetArgs {
  readonly name: string;
}

/** The capabilities that put values in the place of placeholders. */
const secretTakers = ['net', 'exec', 'docker', 'ssh', 'mail'];

const namePattern = '^[A-Za-z_][A-Za-z0-9_]{0,254}$';

const entrySchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['names'],
  properties: {
    names: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', pattern: namePattern },
      description: 'Secrets that the plugin may ask for. It gets a placeholder, never the value.',
    },
    to: {
      type: 'array',
      minItems: 1,
      items: { enum: secretTakers },
      description: 'The capabilities that the values may go to: net, exec, docker, ssh, mail. Default: any.',
    },
  },
};

/** Placeholders of the run's secrets. What puts a value in a placeholder's place is the entry that it may go to. */
export const secretsCapability: Capability<SecretsRule, undefined> = {
  name: 'secrets',
  description: 'name secrets that the agent fills in',
  ambient: false,
  entrySchema,
  // Both casts: the schema was checked before parse().
  parse: (entry) => ({
    rule: { names: entry['names'] as readonly string[], to: entry['to'] as readonly string[] | undefined },
  }),
  quote: (text) =>
    new RegExp(namePattern).test(text) ? { text } : { problem: `\`${text}\` is no name that a secret could have` },
  narrow: () => undefined,
  explain: (rule) =>
    `use ${rule.names.map((name) => `\`${name}\``).join(', ')} by placeholder` +
    (rule.to === undefined ? '' : `, for ${rule.to.join(' and ')} only`),
  operations: {
    get: {
      argsSchema: {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: { name: { type: 'string' } },
      },
      check: (rule, args: GetArgs) =>
        rule.names.includes(args.name)
          ? { matches: true }
          : { matches: false, why: `it names only ${rule.names.map((name) => `\`${name}\``).join(', ')}` },
      async perform(authorized, scope) {
        requireAuthorized(authorized);
        // Checked against argsSchema by authorize().
        const { name } = authorized.args as GetArgs;
        const placeholder = scope.secrets.placeholder(name);
        if (placeholder === undefined) throw new CallFailure('NOT_FOUND', `the run has no secret \`${name}\``);
        return placeholder;
      },
    },
  },
};
