import type { Json, JsonObject } from '../../../schemas/index.ts';
import { explainLimits, leastLimits, limitsSchema, parseLimits } from '../entry-limits.ts';
import { parseSecretNames, textsOf, withoutPrivate } from '../entry-parts.ts';
import { quoteEndpoint } from '../net/endpoint.ts';
import { markQuoted, readQuoted } from '../quoted.ts';
import { type ArgsRule, describeItem, parseArgsRule } from './args-grammar.ts';
import { argsRuleSchema } from './args-schema.ts';
import { type EgressRule, egressSchemas, explainEgress, parseEgress } from './egress/rule.ts';
import { type EnvRule, envPattern } from './environment.ts';
import { type ExecLimits, execLimitKinds } from './limits.ts';
import { hasControlCharacter } from './value-types.ts';

/** Where an exec runs: confined to the workspace, or as the agent's user on the host. */
export type Profile = 'workspace' | 'host';

/** A permission entry of exec, read. */
export interface ExecRule {
  /** A name, an absolute path, or `*`. */
  readonly command: string;
  readonly args: ArgsRule;
  /** False where the entry leaves `args` out: then it allows none, and as a deny rule forbids all. */
  readonly namesArgs: boolean;
  readonly env: EnvRule;
  /** Secrets that may be revealed to the program; `*` is any. */
  readonly secrets: readonly string[];
  readonly profile: Profile;
  readonly egress: EgressRule;
  readonly limits: ExecLimits;
  readonly sha256: string | undefined;
}

/** What holds for one call: a rule of each layer matched it, and all of them count. */
export interface ExecEffective {
  /** All of these must be the same program. */
  readonly commands: readonly string[];
  /** Each must be met; they met it already, but for what net has to say of a URL. */
  readonly args: readonly ArgsRule[];
  readonly env: readonly EnvRule[];
  readonly secrets: readonly (readonly string[])[];
  readonly profile: Profile;
  /** A connection needs each of these; a rule without endpoints allows none. */
  readonly egress: readonly EgressRule[];
  /** The least of each. */
  readonly limits: ExecLimits;
  readonly sha256: readonly string[];
}

const name = '^[A-Za-z0-9][A-Za-z0-9._+-]*$';

/** JSON Schema of an entry. */
export const execEntrySchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['command'],
  properties: {
    command: {
      type: 'string',
      minLength: 1,
      description: "a name, looked up in the agent's own folders; an absolute path; or `*`",
    },
    args: argsRuleSchema,
    env: {
      description: "names, `PREFIX*`, `*`, and `step` for the step's own environment; or `any`",
      oneOf: [{ const: 'any' }, { type: 'array', maxItems: 200, items: { type: 'string' } }],
    },
    secrets: {
      type: 'array',
      maxItems: 200,
      items: { type: 'string' },
      description: 'names of the secrets whose values may go into variables, files and standard input; or `*`',
    },
    profile: { enum: ['workspace', 'host'], description: 'default workspace' },
    ...egressSchemas,
    limits: limitsSchema(execLimitKinds),
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'of the program; no other is run' },
  },
};

/** Reads an entry that fits the schema. */
export function parseExecEntry(entry: JsonObject): { readonly rule: ExecRule } | { readonly problem: string } {
  const command = parseCommand(entry['command']);
  if ('problem' in command) return command;
  const args = parseArgsRule(entry['args']);
  if ('problem' in args) return args;
  const env = parseEnv(entry['env']);
  if ('problem' in env) return env;
  const secrets = parseSecretNames(entry['secrets']);
  if ('problem' in secrets) return secrets;
  const egress = parseEgress(entry);
  if ('problem' in egress) return egress;
  const limits = parseLimits(entry['limits'], execLimitKinds);
  if ('problem' in limits) return limits;
  const sha256 = entry['sha256'];
  return {
    rule: {
      command: command.command,
      args: args.args,
      namesArgs: entry['args'] !== undefined,
      env: env.env,
      secrets: secrets.secrets,
      profile: entry['profile'] === 'host' ? 'host' : 'workspace',
      egress: egress.egress,
      limits: limits.limits,
      sha256: typeof sha256 === 'string' ? sha256 : undefined,
    },
  };
}

function parseCommand(marked: Json | undefined): { readonly command: string } | { readonly problem: string } {
  const { text } = readQuoted(typeof marked === 'string' ? marked : '');
  if (text === '*' || new RegExp(name).test(text)) return { command: text };
  if (isPlainAbsolutePath(text)) return { command: text };
  return { problem: `\`command\`: \`${text}\` is neither a name nor a plain absolute path` };
}

/** Absolute, with no `.`, `..`, empty name or control character in it. */
export function isPlainAbsolutePath(text: string): boolean {
  if (!text.startsWith('/') || hasControlCharacter(text)) return false;
  return text
    .slice(1)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..');
}

function parseEnv(env: Json | undefined): { readonly env: EnvRule } | { readonly problem: string } {
  if (env === 'any') return { env: { kind: 'any' } };
  const texts = textsOf(env);
  const wrong = texts.find((text) => !envPattern.test(text));
  if (wrong !== undefined) {
    return {
      problem: `\`env\`: \`${wrong}\` is neither a variable's name nor a prefix of two or more letters and \`*\``,
    };
  }
  return {
    env: { kind: 'keys', step: texts.includes('step'), patterns: texts.filter((text) => text !== 'step') },
  };
}

/**
 * An expression's result may be a command, a literal argument or a part of one, a part of an endpoint, a name of a variable or
 * a secret; it is never a keyword or a pattern.
 */
export function quoteExec(
  text: string,
  path: readonly string[],
): { readonly text: string } | { readonly problem: string } {
  const field = path[0];
  if (field === 'args' && path.length > 1 && !path.includes('type') && !path.includes('schemes'))
    return markQuoted(text);
  if (field === 'egress' && path.length > 1) return quoteEndpoint(text);
  if (field === 'command' && text !== '*') return markQuoted(text);
  if ((field === 'env' || field === 'secrets') && path.length > 1) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && text !== 'step') return { text };
    return { problem: `\`${text}\` is not a name` };
  }
  return { problem: `an expression can't stand in \`${path.join('.')}\`` };
}

/**
 * An entry as `allow: requested` gives it: without private addresses, and not at all where an input names the program, since who says
 * `requested` has seen none then.
 */
export function requestedExec(entry: JsonObject): JsonObject | undefined {
  const { command } = entry;
  return typeof command === 'string' && command.includes('${{') ? undefined : withoutPrivate(entry);
}

/** What holds when these rules matched, one of each layer. */
export function narrowExec(rules: readonly ExecRule[]): ExecEffective {
  return {
    commands: [...new Set(rules.map((rule) => rule.command).filter((command) => command !== '*'))],
    args: rules.map((rule) => rule.args),
    env: rules.map((rule) => rule.env),
    secrets: rules.map((rule) => rule.secrets),
    profile: rules.length > 0 && rules.every((rule) => rule.profile === 'host') ? 'host' : 'workspace',
    egress: rules.map((rule) => rule.egress),
    limits: leastLimits(rules.map((rule) => rule.limits)),
    sha256: rules.flatMap((rule) => (rule.sha256 === undefined ? [] : [rule.sha256])),
  };
}

/** The secrets among `mentioned` that every rule lets go to the program. */
export function allowedSecrets(
  effective: Pick<ExecEffective, 'secrets'>,
  mentioned: readonly string[],
): readonly string[] {
  return mentioned.filter((secret) =>
    effective.secrets.every((names) => names.includes(secret) || names.includes('*')),
  );
}

/** One sentence. */
export function explainExec(rule: ExecRule): string {
  const parts = [`run ${rule.command === '*' ? 'any command' : `\`${rule.command}\``} ${explainArgs(rule.args)}`];
  const egress = explainEgress(rule.egress);
  parts.push(
    rule.profile === 'host'
      ? "on the host, as the agent's user"
      : `confined to the workspace, ${egress ?? 'without network'}`,
  );
  const env = explainEnv(rule.env);
  if (env !== undefined) parts.push(env);
  if (rule.secrets.length > 0) {
    const secrets = rule.secrets.includes('*') ? 'any secret' : `the secrets ${rule.secrets.join(', ')}`;
    parts.push(`trusted with ${secrets}, which its output may carry back`);
  }
  const limits = explainLimits(rule.limits, execLimitKinds);
  if (limits !== undefined) parts.push(limits);
  if (rule.sha256 !== undefined) parts.push(`only if its SHA-256 is ${rule.sha256}`);
  return parts.join(', ');
}

function explainArgs(args: ArgsRule): string {
  if (args.kind === 'any') return 'with any arguments';
  return args.items.length === 0 ? 'without arguments' : `with \`${args.items.map(describeItem).join(' ')}\``;
}

function explainEnv(env: EnvRule): string | undefined {
  if (env.kind === 'any') return 'with any environment variables';
  const parts = env.step ? ["the step's own environment", ...env.patterns] : env.patterns;
  return parts.length === 0 ? undefined : `with the environment variables: ${parts.join(', ')}`;
}
