import { basename } from 'node:path';
import type { JsonObject } from '../../../schemas/index.ts';
import { noNul, output, workspaceFile } from '../argument-schemas.ts';
import type { Check } from '../capability.ts';
import { matchBudgetOf, undecided } from '../match-budget.ts';
import { deniesEndpoint, type Endpoint } from '../net/endpoint.ts';
import { refusalAfter } from '../refusal.ts';
import { deniesArgs } from './args-denied.ts';
import { type GivenArg, matchArgs } from './args-match.ts';
import { patternFor } from './egress/rule.ts';
import { allowsStepEnvironment, refusalOfKey } from './environment.ts';
import { type ExecRule, isPlainAbsolutePath } from './rule.ts';

/** Where a stream of the program goes, as the guest asks. */
export type OutputTarget = 'log' | 'capture' | 'discard' | { readonly file: string };

/** A file of one exec. */
export interface GivenFile {
  readonly content?: string;
  /** How the values of secrets stand in it: as they are, or escaped as between the quotes of a JSON string. */
  readonly escape?: 'json';
  readonly env?: string | readonly string[];
  readonly read?: boolean;
}

/** Arguments of `exec.run`, as in the guest API. */
export interface ExecArgs {
  readonly command: string;
  readonly args?: readonly GivenArg[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly step_env?: boolean;
  readonly stdin?: string | { readonly file: string };
  readonly files?: Readonly<Record<string, GivenFile>>;
  /** A docker socket of its own, on which each request needs what the same call of docker needs. */
  readonly docker?: true;
  readonly stdout?: OutputTarget;
  readonly stderr?: OutputTarget;
  readonly max_bytes?: number;
  readonly timeout_ms?: number;
  /** How long it may take after SIGINT, and then after SIGTERM, where it is cancelled or out of time. */
  readonly graces?: { readonly interrupt_ms?: number; readonly terminate_ms?: number };
}

/** A connection that the program of a call wants to make. */
export interface EgressDemand {
  readonly call: ExecArgs;
  readonly endpoint: Endpoint;
  /** What its name was resolved to: a deny rule may be for one of these. */
  readonly addresses?: readonly string[];
}

/** What a rule is asked about: a call, and later each of its connections. */
export type ExecDemand = ExecArgs | EgressDemand;

/** Of a captured stream, at most; both streams cross to the guest in one frame. */
const captureLimitBytes: number = 4 * 1024 * 1024;
/** Of one argument: the kernel's own limit (MAX_ARG_STRLEN). */
const maxArgLength = 131_071;
/** Of a timeout: a week, and below 2^31 - 1 ms, at which Node's timers overflow. */
export const maxTimeoutMs = 604_800_000;

const variable = '^[A-Za-z_][A-Za-z0-9_]{0,199}$';
const fileName = '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$';

/** 0: the next signal comes at once. */
const grace: JsonObject = { type: 'integer', minimum: 0, maximum: maxTimeoutMs };

/** JSON Schema of the arguments. */
export const execArgsSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['command'],
  properties: {
    command: { type: 'string', minLength: 1, maxLength: 4096, pattern: noNul },
    args: {
      type: 'array',
      maxItems: 4096,
      items: {
        oneOf: [
          { type: 'string', maxLength: maxArgLength, pattern: noNul },
          {
            type: 'object',
            additionalProperties: false,
            required: ['file'],
            properties: { file: { type: 'string', pattern: fileName } },
          },
        ],
      },
    },
    cwd: { type: 'string', minLength: 1, maxLength: 4096, pattern: noNul },
    env: {
      type: 'object',
      maxProperties: 1000,
      propertyNames: { pattern: variable },
      additionalProperties: { type: 'string', maxLength: maxArgLength, pattern: noNul },
    },
    step_env: { type: 'boolean' },
    stdin: { oneOf: [{ type: 'string' }, workspaceFile] },
    files: {
      type: 'object',
      maxProperties: 100,
      propertyNames: { pattern: fileName },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          content: { type: 'string' },
          escape: { const: 'json' },
          env: {
            oneOf: [
              { type: 'string', pattern: variable },
              { type: 'array', maxItems: 20, items: { type: 'string', pattern: variable } },
            ],
          },
          read: { type: 'boolean' },
        },
      },
    },
    docker: { const: true },
    stdout: output,
    stderr: output,
    max_bytes: { type: 'integer', minimum: 0, maximum: captureLimitBytes },
    timeout_ms: { type: 'integer', minimum: 1, maximum: maxTimeoutMs },
    graces: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: { interrupt_ms: grace, terminate_ms: grace },
    },
  },
};

/** The variables that point to a file. */
export function variablesOf(file: GivenFile): readonly string[] {
  if (file.env === undefined) return [];
  return typeof file.env === 'string' ? [file.env] : file.env;
}

/** Whether this rule allows the call, or a connection of its program. */
export function checkExec(rule: ExecRule, demand: ExecDemand): Check {
  if ('endpoint' in demand) {
    const call = once(checkedCalls, [demand.call, rule], () => checkExec(rule, demand.call));
    return call.matches ? checkEgress(rule, demand) : call;
  }
  const call = demand;
  if (!namesSameCommand(rule.command, call.command)) {
    return { matches: false, why: `it is for \`${rule.command}\`, not \`${call.command}\`` };
  }
  const args = matchArgs(rule.args, call.args ?? []);
  if (!args.matches) return args.undecided === true ? undecided : refusalAfter(1 + (args.met ?? 0), args);
  if (call.step_env === true && !allowsStepEnvironment(rule.env)) {
    return { matches: false, why: "its `env` doesn't let the step's own environment in (`step`)", met: 2 };
  }
  const keys = [...Object.keys(call.env ?? {}), ...Object.values(call.files ?? {}).flatMap(variablesOf)];
  const budget = matchBudgetOf(call);
  const patterns = rule.env.kind === 'keys' ? rule.env.patterns.length : 0;
  for (const key of keys) {
    budget.steps -= 1 + (patterns >> 3);
    if (budget.steps < 0) return undecided;
    const why = refusalOfKey(rule.env, key);
    if (why !== undefined) return { matches: false, why, met: 2 };
  }
  return { matches: true };
}

type Answers<Answer> = WeakMap<ExecArgs, Map<ExecRule, Answer>>;

/** What rules say of a call whose program makes connections: each of these asks again, and the call has one match budget. */
const checkedCalls: Answers<Check> = new WeakMap();
const comparedArgs: Answers<boolean> = new WeakMap();

function once<Answer>(
  answers: Answers<Answer>,
  [call, rule]: readonly [ExecArgs, ExecRule],
  ask: () => Answer,
): Answer {
  const ofCall = answers.get(call) ?? new Map<ExecRule, Answer>();
  answers.set(call, ofCall);
  const answer = ofCall.get(rule) ?? ask();
  ofCall.set(rule, answer);
  return answer;
}

function checkEgress(rule: ExecRule, { endpoint }: EgressDemand): Check {
  if (patternFor(rule.egress, endpoint) !== undefined) return { matches: true };
  const named = rule.egress.endpoints.map(({ text }) => text).join(', ');
  const where = `${endpoint.host}:${endpoint.port}`;
  return {
    matches: false,
    met: 3,
    why:
      named === ''
        ? `its entry has no \`egress\`, so not ${where}`
        : `\`${where}\` is not in its \`egress\` (${named})`,
  };
}

/**
 * Whether a deny rule takes the call: its command, with those arguments, or with any where it names none. One that names `egress`
 * forbids these connections, not the program.
 */
export function deniesExec(rule: ExecRule, demand: ExecDemand): boolean {
  const isConnection = 'endpoint' in demand;
  const namesEgress = rule.egress.endpoints.length > 0;
  if (namesEgress !== isConnection) return false;
  const call = isConnection ? demand.call : demand;
  if (!namesSameCommand(rule.command, call.command)) return false;
  const compare = (): boolean => deniesArgs(rule.args, call.args ?? []);
  if (rule.namesArgs && !(isConnection ? once(comparedArgs, [call, rule], compare) : compare())) return false;
  if (!isConnection) return true;
  return rule.egress.endpoints.some((pattern) => deniesEndpoint(pattern, demand.endpoint, demand.addresses));
}

/**
 * Whether the two can be the same program. A name and a path match by the name alone here, without looking at the disk;
 * perform() then finds each of them and refuses unless they are one file.
 */
function namesSameCommand(granted: string, called: string): boolean {
  if (called.includes('/') && !isPlainAbsolutePath(called)) return false;
  return granted === '*' || granted === called || basename(granted) === basename(called);
}
