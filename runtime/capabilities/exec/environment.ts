import { CallFailure, type Inherited } from '../capability.ts';
import { runsAtStart, searchPath } from '../env/names.ts';

/** Which environment variables an entry lets a call set. `any`: all of them, the dangerous ones and the step's own too. */
export type EnvRule =
  | { readonly kind: 'any' }
  | {
      readonly kind: 'keys';
      /** Whether the step's own environment may go in. */
      readonly step: boolean;
      /** Exact names, `PREFIX*`, or `*`. */
      readonly patterns: readonly string[];
    };

/** What an entry's `env` list may hold: a name, a prefix with at least two characters and `*`, `*` alone, `step`. */
export const envPattern: RegExp = /^(?:[A-Za-z_][A-Za-z0-9_]*|[A-Za-z_][A-Za-z0-9_]+\*|\*)$/;

/**
 * Variables by which a program can be made to load or run something else, beside those that programs start by: they need to be granted by name
 * or by prefix; `*` and `step` don't cover them.
 */
const dangerous: readonly RegExp[] = [
  /^MALLOC_/,
  // Where programs and their configuration are found.
  /^(?:PATH|HOME|XDG_CONFIG_HOME|XDG_CONFIG_DIRS|CDPATH|GLOBIGNORE)$/,
  // All that these interpreters go by: a call needs none of it, other than a job's later steps.
  /^(?:PYTHON|LUA_)/,
  // Programs that run others.
  /^(?:GIT_.*|SSH_ASKPASS|SUDO_ASKPASS|EDITOR|VISUAL|PAGER|MANPAGER|LESSOPEN|LESSCLOSE|BROWSER)$/,
];

/** The agent's own; no call sets them. */
const reserved: ReadonlySet<string> = new Set(['WATERFLOW_FILES', 'WATERFLOW_EXEC_ID', 'WATERFLOW_EGRESS']);

/** Whether the variable could make a program run something else. */
function isDangerousKey(key: string): boolean {
  return runsAtStart(key) || dangerous.some((pattern) => pattern.test(key));
}

/** Whether the entry lets a call set this variable. */
function allowsKey(rule: EnvRule, key: string): boolean {
  if (rule.kind === 'any') return true;
  return rule.patterns.some((pattern) => {
    if (pattern === '*') return !isDangerousKey(key);
    if (pattern.endsWith('*')) return key.startsWith(pattern.slice(0, -1));
    return key === pattern;
  });
}

/** Whether the entry lets the step's own environment in. */
export function allowsStepEnvironment(rule: EnvRule): boolean {
  return rule.kind === 'any' || rule.step;
}

/** The variables of one exec, before secrets are revealed; what stands later wins. */
export interface EnvironmentParts {
  readonly base: Readonly<Record<string, string>>;
  /** The step's own, if the call asked for it. */
  readonly step: Readonly<Record<string, string>>;
  /** What of it earlier steps of the job left. */
  readonly inherited?: Inherited | undefined;
  readonly call: Readonly<Record<string, string>>;
  readonly agent: Readonly<Record<string, string>>;
}

/**
 * Puts an exec's environment together. Throws where the step's own holds what the rules don't let in; what only earlier steps left is left
 * out then, as they know nothing of this program.
 */
export function buildEnvironment(parts: EnvironmentParts, rules: readonly EnvRule[]): Record<string, string> {
  const { inherited } = parts;
  const refuses = (key: string): boolean => isDangerousKey(key) && !rules.every((rule) => allowsKey(rule, key));
  for (const key of Object.keys(parts.step)) {
    if (refuses(key) && inherited?.names.has(key) !== true) {
      throw new CallFailure('DENIED', `the step's environment sets \`${key}\`, which can make a program run another`, {
        rule: 'exec env: such a variable must be granted by name',
        remedy: `Take \`${key}\` out of the step's \`env\`, or add it to \`env\` of the exec permission.`,
      });
    }
  }
  const step = Object.fromEntries(Object.entries(parts.step).filter(([key]) => !refuses(key)));
  const searched = searchedFirst(inherited?.path ?? [], { ...parts.base, ...step }[searchPath]);
  const path = searched === undefined || refuses(searchPath) ? {} : { [searchPath]: searched };
  const environment = { ...parts.base, ...step, ...path, ...parts.call, ...parts.agent };
  for (const [key, value] of Object.entries(environment)) {
    if (key === '' || key.includes('=') || key.includes('\0') || value.includes('\0')) {
      throw new CallFailure('INVALID_ARGUMENTS', `the environment variable \`${key}\` can't be handed to a program`);
    }
  }
  return environment;
}

/** PATH with these folders before what is in it; undefined where there are none. */
function searchedFirst(folders: readonly string[], rest: string | undefined): string | undefined {
  if (folders.length === 0) return undefined;
  return [...folders, ...(rest === undefined || rest === '' ? [] : [rest])].join(':');
}

/** Why the call may not set the variable, if so. */
export function refusalOfKey(rule: EnvRule, key: string): string | undefined {
  if (reserved.has(key)) return `\`${key}\` is the agent's own variable`;
  return allowsKey(rule, key) ? undefined : `the environment variable \`${key}\` is not in its \`env\``;
}
