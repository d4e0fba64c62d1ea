import {
  assertNever,
  type Diagnostic,
  type Json,
  type JsonObject,
  type Plan,
  type PlannedInput,
} from '../schemas/index.ts';
import type { InputFront, ResolveInputs, ResolveOptions } from './api.ts';
import { didYouMean } from './did-you-mean.ts';
import { compilePattern, type MatchPattern } from './pattern.ts';
import { quote } from './quote.ts';
import type { Finding as FindingInFile } from './source/report.ts';

/** A value that was given stands in no file, so nothing there could be fixed. */
type Finding = Pick<FindingInFile, 'code' | 'message' | 'remedy'>;

/** The types that an input can have. */
export const inputTypes = ['string', 'number', 'boolean', 'choice', 'json'] as const;
export type InputType = (typeof inputTypes)[number];

/** Longer texts match no pattern: matching could take time without bound, and no name is as long. */
const longestMatched = 10_000;

/** For inputs of one's own workflows. */
const matchOwn: MatchPattern = (pattern, text) =>
  text.length <= longestMatched && compilePattern(pattern)?.test(text) === true;

/** A value for an input. It has its type already: a number is a number, not its text. */
export interface InputValue {
  readonly name: string;
  readonly input: PlannedInput;
  readonly value: Json;
}

/** What is wrong with a value for an input, or undefined. Where the match is undecided, nothing is. */
export function inputProblem({ name, input, value }: InputValue, match: MatchPattern): Finding | undefined {
  const subject = `the input ${quote(name)}`;
  switch (input.type) {
    case 'json':
      return undefined;
    case 'number':
      return typeof value === 'number' ? undefined : wrongType(subject, 'a number', value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrongType(subject, 'true or false', value);
    case 'choice': {
      const options = input.options ?? [];
      if (typeof value === 'string' && options.includes(value)) return undefined;
      const meant = typeof value === 'string' ? didYouMean(value, options) : undefined;
      return {
        code: 'INVALID_VALUE',
        message: `${subject} can't be ${quote(textOf(value))}`,
        remedy: `${meant === undefined ? '' : `Did you mean ${quote(meant)}? `}Possible: ${options.join(', ')}.`,
      };
    }
    case 'string':
      if (typeof value !== 'string') return wrongType(subject, 'a text', value);
      if (input.pattern === undefined || match(input.pattern, value) !== false) return undefined;
      return patternProblem(subject, input.pattern, value);
    default:
      return assertNever(input.type);
  }
}

function patternProblem(subject: string, pattern: string, value: string): Finding {
  return {
    code: 'INVALID_VALUE',
    message: `${subject} doesn't match ${quote(pattern)}: ${quote(value)}`,
    remedy: 'Give a value of that form.',
  };
}

function wrongType(subject: string, expected: string, value: Json): Finding {
  return {
    code: 'WRONG_TYPE',
    message: `${subject} must be ${expected}, and this is ${quote(textOf(value))}`,
    remedy: `Give ${expected}.`,
  };
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * Checks the inputs of a run against the workflow's and fills in what is missing: the default, else `''` for a string, false for a
 * boolean and null for the others. Text is converted: `--input count=3` is the number 3 where the input is a number.
 */
export const resolveInputs: ResolveInputs = (plan, given, options = {}) => {
  const match: MatchPattern = (pattern, text) => (options.matchPattern ?? matchOwn)(pattern, text) ?? false;
  const errors: Diagnostic[] = [];
  const values: [string, Json][] = [];
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(plan.inputs, name)) errors.push({ ...unknownInput(plan, name), ...pointerTo(name, options) });
  }
  for (const [name, input] of Object.entries(plan.inputs)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const resolved = resolveInput({ name, input, given: value, words: words[options.front ?? 'command'] }, match);
    if ('problem' in resolved) {
      errors.push({ severity: 'error', ...resolved.problem, ...input.at, ...pointerTo(name, options) });
    } else values.push([name, resolved.value]);
  }
  const inputs: JsonObject = Object.fromEntries(values);
  return errors.length > 0 ? { errors } : { inputs };
};

/** How inputs are given, in remedies. */
const words = {
  command: {
    give: (name: string) => `Give it: --input ${name}=….`,
    giveJson: (name: string) => `Give JSON, as in --input '${name}={"a": 1}'.`,
  },
  api: {
    give: (name: string) => `Send it in \`inputs\`: \`{ ${JSON.stringify(name)}: … }\`.`,
    giveJson: (name: string) =>
      `Send the value itself in \`inputs\`, as in \`{ ${JSON.stringify(name)}: { "a": 1 } }\`, or a text that is JSON.`,
  },
  webhook: {
    give: (name: string) => `Have \`on.webhook.inputs.${name}\` give it a value for this delivery.`,
    giveJson: (name: string) => `Have \`on.webhook.inputs.${name}\` give JSON.`,
  },
} as const satisfies Record<InputFront, object>;

function pointerTo(name: string, { front }: ResolveOptions): { readonly pointer?: string } {
  return front === 'api' ? { pointer: `/inputs/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` } : {};
}

function unknownInput(plan: Plan, name: string): Diagnostic {
  const names = Object.keys(plan.inputs);
  const meant = didYouMean(name, names);
  const list = names.length === 0 ? 'It declares none.' : `It declares ${names.join(', ')}.`;
  return {
    severity: 'error',
    code: 'UNKNOWN_INPUT',
    message: `the workflow has no input ${quote(name)}`,
    remedy: meant === undefined ? list : `Did you mean ${quote(meant)}? ${list}`,
    file: plan.file,
  };
}

interface GivenInput {
  readonly name: string;
  readonly input: PlannedInput;
  readonly given: Json | undefined;
  readonly words: (typeof words)[keyof typeof words];
}

function resolveInput(
  { name, input, given, words: { give, giveJson } }: GivenInput,
  match: MatchPattern,
): { readonly value: Json } | { readonly problem: Finding } {
  if (given === undefined) {
    if (input.default !== undefined) return { value: input.default };
    if (!input.required) return { value: absentValue(input.type) };
    return {
      problem: {
        code: 'MISSING_INPUT',
        message: `the input ${quote(name)} is required`,
        remedy: give(name),
      },
    };
  }
  const value = typeof given === 'string' ? fromText(input.type, given) : given;
  const isNoJson = notJson(name, given, giveJson(name));
  const problem = value === undefined ? isNoJson : inputProblem({ name, input, value }, match);
  return problem === undefined && value !== undefined ? { value } : { problem: problem ?? isNoJson };
}

function absentValue(type: InputType): Json {
  switch (type) {
    case 'string':
      return '';
    case 'boolean':
      return false;
    case 'number':
    case 'choice':
    case 'json':
      return null;
    default:
      return assertNever(type);
  }
}

/** The value that a text stands for; the text itself where it stands for none, which then is of the wrong type. */
function fromText(type: InputType, text: string): Json | undefined {
  switch (type) {
    case 'string':
    case 'choice':
      return text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'number': {
      const value = Number(text);
      return text.trim() !== '' && Number.isFinite(value) ? value : text;
    }
    case 'json':
      try {
        // JSON.parse gives nothing but JSON.
        return JSON.parse(text) as Json;
      } catch {
        return undefined;
      }
    default:
      return assertNever(type);
  }
}

function notJson(name: string, given: Json, remedy: string): Finding {
  return {
    code: 'WRONG_TYPE',
    message: `the input ${quote(name)} must be JSON, and this is none: ${quote(textOf(given))}`,
    remedy,
  };
}
