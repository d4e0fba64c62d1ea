import { posix } from 'node:path';
import { assertNever, type JsonObject } from '../../../schemas/index.ts';
import type { Check } from '../capability.ts';
import { deniesArgs } from '../exec/args-denied.ts';
import { type ArgsMatch, matchArgs } from '../exec/args-match.ts';
import { isUndecided, matchBudgetOf, undecided } from '../match-budget.ts';
import { checkAddress, deniesEndpoint, type Endpoint, type GuardedAddress, matchesEndpoint } from '../net/endpoint.ts';
import { refusal, refusalAfter } from '../refusal.ts';
import { type LoginArgs, letsLogIn, loginArgsSchema, type SshLogin } from './login.ts';
import { matchesRemotePath, type RemotePath, splitRemotePath } from './remote-path.ts';
import { isProgram, type SshRule } from './rule.ts';

/** Where a call goes, and as whom. */
export interface HostArgs extends LoginArgs {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  readonly timeout_ms?: number;
}

/** What a rule is asked about. */
export interface SshDemand {
  readonly endpoint: Endpoint;
  readonly user: string | undefined;
  readonly need: SshNeed;
  /** What shows once the call is carried out. Absent where nothing of it is known yet. */
  readonly over?: SshRoute;
}

/**
 * How the agent gets there: one connection, whichever entries let it be made. What another entry grants for another user, key
 * or login, or at public addresses only, is not granted over it.
 */
export interface SshRoute {
  readonly at?: GuardedAddress | undefined;
  /** What the host's name was resolved to: a deny rule may be for one of these. */
  readonly addresses?: readonly string[];
  readonly user?: string;
  readonly login?: SshLogin;
  /** SHA-256 in base64, as pins have it. */
  readonly host_key?: string;
}

/** `home` is where the home folder really lies, for a path that the server gave; it isn't known before the connection. */
export type SshNeed =
  | { readonly kind: 'command'; readonly command: string; readonly args: readonly string[] }
  | {
      readonly kind: 'path';
      readonly access: 'read' | 'write' | 'list';
      readonly path: string;
      readonly home?: RemotePath;
    };

const defaultPort = 22;
/** A day; a step's own deadline is shorter, as a rule. */
const maxTimeoutMs = 86_400_000;

/** Schema of the arguments that each operation has. */
export const hostArgsSchema: JsonObject = {
  host: { type: 'string', minLength: 1, maxLength: 255 },
  port: { type: 'integer', minimum: 1, maximum: 65_535 },
  user: { type: 'string', minLength: 1, maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
  ...loginArgsSchema,
  timeout_ms: { type: 'integer', minimum: 1, maximum: maxTimeoutMs },
};

/** Schema of a path on the other machine. */
export const remotePathSchema: JsonObject = { type: 'string', minLength: 1, maxLength: 4096 };

/** Where the call goes. */
export function endpointOf({ host, port = defaultPort }: HostArgs): Endpoint {
  return { host, port };
}

/** What a call at that host needs. */
export function demandAt(args: HostArgs, need: SshNeed, over?: SshRoute): SshDemand {
  const demand = { endpoint: endpointOf(args), user: over?.user ?? args.user, need };
  return over === undefined ? demand : { ...demand, over };
}

/** Whether this rule allows it. */
export function checkSsh(rule: SshRule, { endpoint, user, need, over = {} }: SshDemand): Check {
  if (!matchesEndpoint(rule.endpoint, endpoint)) {
    return refusal(() => `it is for ${rule.endpoint.text}, not ${endpoint.host}:${endpoint.port}`);
  }
  if (rule.user === undefined) return { matches: false, why: 'it names no `user`', met: 1 };
  if (user !== undefined && rule.user !== '*' && rule.user !== user) {
    return { matches: false, why: `it lets the agent log in as \`${rule.user}\`, not as \`${user}\``, met: 1 };
  }
  const route = checkRoute(rule, over);
  if (!route.matches) return refusalAfter(2, route);
  const needed = checkNeed(rule, need);
  return needed.matches ? needed : refusalAfter(isUndecided(need) ? Number.POSITIVE_INFINITY : 3, needed);
}

function checkNeed(rule: SshRule, need: SshNeed): Check {
  switch (need.kind) {
    case 'command':
      return checkCommand(rule, need);
    case 'path':
      return checkPath(rule, need);
    default:
      return assertNever(need);
  }
}

function checkRoute(rule: SshRule, { at, login, host_key }: SshRoute): Check {
  if (login !== undefined && !letsLogIn({ secrets: rule.secrets, wish: rule.login }, login)) {
    return { matches: false, why: 'it has another login' };
  }
  if (host_key !== undefined && rule.pins.length > 0 && !rule.pins.some((pin) => pin.fingerprint === host_key)) {
    return { matches: false, why: 'it pins another host key' };
  }
  return at === undefined ? { matches: true } : checkAddress(rule, at);
}

function checkCommand(rule: SshRule, need: Extract<SshNeed, { readonly kind: 'command' }>): Check {
  const { command, args } = need;
  if (!isProgram(command)) {
    return {
      matches: false,
      why: `\`${command}\` is neither a program's name nor a plain absolute path`,
      remedy: 'Give the program alone as `command`, and its arguments as `args`.',
    };
  }
  let last: ArgsMatch | undefined;
  for (const granted of rule.commands) {
    if (granted.command !== '*' && granted.command !== command) continue;
    last = matchArgs(granted.args, args);
    if (last.matches) return last;
  }
  return last ?? { matches: false, why: `\`${command}\` is not one of its \`commands\`` };
}

type PathNeed = Extract<SshNeed, { readonly kind: 'path' }>;

/** Each of hundreds of rules is asked about the same path. */
const splitPaths = new WeakMap<PathNeed, ReturnType<typeof splitRemotePath>>();

function pathOf(need: PathNeed): ReturnType<typeof splitRemotePath> {
  const split = splitPaths.get(need) ?? splitRemotePath(need.path);
  splitPaths.set(need, split);
  return split;
}

function checkPath(rule: SshRule, need: PathNeed, access: PathNeed['access'] = need.access): Check {
  const path = pathOf(need);
  if ('problem' in path) {
    return { matches: false, why: path.problem, remedy: 'Give a path from the root or from the home folder.' };
  }
  const key = access === 'write' ? 'write' : 'read';
  const granted = rule[key];
  const how = { reaching: access === 'list', home: need.home, budget: matchBudgetOf(need) };
  if (granted.some((pattern) => matchesRemotePath(pattern, path, how))) return { matches: true };
  if (isUndecided(need)) return undecided;
  return refusal(() => {
    const instead =
      granted.length === 0 ? 'nothing' : `only ${granted.map((pattern) => `\`${pattern.text}\``).join(', ')}`;
    return `it lets the plugin ${key} ${instead} there, not \`${need.path}\``;
  });
}

/**
 * Whether a deny rule takes it: what the rule leaves out stands for anything, and what can't be decided is denied. A program is known by
 * its name alone, wherever it lies: `rm` and `/bin/rm` are one.
 */
export function deniesSsh(rule: SshRule, demand: SshDemand): boolean {
  if (!deniesEndpoint(rule.denied, demand.endpoint, demand.over?.addresses)) return false;
  const { user, need } = demand;
  if (rule.user !== undefined && rule.user !== '*' && user !== undefined && user !== rule.user) return false;
  if (!rule.namesOperations) return true;
  if (need.kind === 'command') {
    return rule.commands.some(
      ({ command, args, namesArgs }) =>
        (command === '*' || posix.basename(command) === posix.basename(need.command)) &&
        (!namesArgs || deniesArgs(args, need.args)),
    );
  }
  // What denies a file below a folder doesn't deny looking into the folder.
  const { matches } = checkPath(rule, need, need.access === 'list' ? 'read' : need.access);
  return matches || isUndecided(need);
}
