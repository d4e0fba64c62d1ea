import { isAbsolute, resolve } from 'node:path';
import type { JsonObject } from '../../schemas/index.ts';
import { requireAuthorized } from '../grants/brand.ts';
import type { Capability, Operation } from './capability.ts';
import { isOfEachStep, searchPath } from './env/names.ts';
import {
  checkVariable,
  type EnvironmentRule,
  environmentEntrySchema,
  explainEnvironmentRule,
  forbidsVariable,
  parseEnvironmentEntry,
  quoteEnvironmentText,
  requestedEnvironment,
} from './env/rule.ts';

interface SetArgs {
  readonly variables: Readonly<Record<string, string>>;
}

interface AddPathArgs {
  readonly folders: readonly string[];
}

/** More than may be left at one time; so many are refused before any rule is asked. */
const mostInOneCall = 1000;

const setSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['variables'],
  properties: { variables: { type: 'object', additionalProperties: { type: 'string' } } },
};

const addPathSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['folders'],
  properties: {
    folders: { type: 'array', minItems: 1, items: { type: 'string', minLength: 1, maxLength: 4096 } },
  },
};

const setOperation: Operation<EnvironmentRule, undefined, SetArgs, string> = {
  argsSchema: setSchema,
  misfit: ({ variables }) => {
    const names = Object.keys(variables);
    if (names.length > mostInOneCall) return `${names.length} variables at once; ${mostInOneCall} are the most`;
    const wrong = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_]{0,254}$/.test(name));
    if (wrong !== undefined) {
      return `${JSON.stringify(wrong.slice(0, 80))} is no name that a variable can have (letters, digits and _)`;
    }
    const cut = names.find((name) => variables[name]?.includes('\0'));
    return cut === undefined ? undefined : `the value of ${cut} holds a NUL character`;
  },
  demands: ({ variables }) => Object.keys(variables),
  check: checkVariable,
  denies: forbidsVariable,
  async perform(authorized, scope) {
    requireAuthorized(authorized);
    const given = Object.entries(authorized.args.variables);
    const own = given.filter(([name]) => isOfEachStep(name)).map(([name]) => name);
    const variables = Object.fromEntries(given.filter(([name]) => !isOfEachStep(name)));
    scope.carrier.add({ variables, path: [] });
    return { kept_back: own };
  },
};

const addPathOperation: Operation<EnvironmentRule, undefined, AddPathArgs, string> = {
  argsSchema: addPathSchema,
  misfit: ({ folders }) => {
    if (folders.length > mostInOneCall) return `${folders.length} folders at once; ${mostInOneCall} are the most`;
    const wrong = folders.find((folder) => /[:\p{Cc}]/u.test(folder));
    return wrong === undefined
      ? undefined
      : `${JSON.stringify(wrong.slice(0, 80))} can't stand in PATH as one folder: it holds a colon or a control character`;
  },
  demands: () => [searchPath],
  check: checkVariable,
  denies: forbidsVariable,
  async perform(authorized, scope) {
    requireAuthorized(authorized);
    for (const folder of authorized.args.folders) {
      // A relative one would mean another folder wherever a program is started.
      const path = isAbsolute(folder) ? folder : resolve(scope.workspace, folder);
      scope.carrier.add({ variables: {}, path: [path] });
    }
    return null;
  },
};

/** The environment of the later steps of the job. */
export const envCapability: Capability<EnvironmentRule, undefined> = {
  name: 'env',
  description: 'set variables of later steps',
  ambient: false,
  entrySchema: environmentEntrySchema,
  parse: parseEnvironmentEntry,
  quote: quoteEnvironmentText,
  requested: requestedEnvironment,
  narrow: () => undefined,
  explain: explainEnvironmentRule,
  operations: { set: setOperation, add_path: addPathOperation },
};
