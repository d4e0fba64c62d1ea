/** Host calls as people write them on a command line and in the cases of `policy test`. */
import type { Json, JsonObject } from '../../schemas/index.ts';
import { capabilities } from '../capabilities/table.ts';
import type { HostCall } from '../host-call.ts';
import { firstMisfit } from '../documents/schema-check.ts';

/** What a text says; a problem says what is wrong with it, and a remedy how it should be. */
export type ParsedCall = { readonly call: HostCall } | { readonly problem: string; readonly remedy: string };

/** Each form by the name of its capability. `read` gets the words after that name. */
const forms: Readonly<
  Record<
    string,
    { readonly form: string; readonly read: (words: readonly string[]) => Omit<HostCall, 'capability'> | undefined }
  >
> = {
  net: {
    form: 'net METHOD URL',
    read: ([method, url, ...rest]) =>
      method === undefined || url === undefined || rest.length > 0
        ? undefined
        : { operation: 'request', args: { method, url } },
  },
  exec: {
    form: 'exec COMMAND ARGUMENT...',
    read: ([command, ...args]) => (command === undefined ? undefined : { operation: 'run', args: { command, args } }),
  },
  fs: {
    form: 'fs OPERATION PATH, or fs copy FROM TO (move, pack, unpack likewise)',
    read: readFs,
  },
  secrets: {
    form: 'secrets get NAME',
    read: ([operation, name, ...rest]) =>
      operation !== 'get' || name === undefined || rest.length > 0 ? undefined : { operation, args: { name } },
  },
  store: {
    form: 'store OPERATION KEY',
    read: ([operation, key, ...rest]) =>
      operation === undefined || key === undefined || rest.length > 0 ? undefined : { operation, args: { key } },
  },
  docker: {
    form: 'docker OPERATION IMAGE',
    read: ([operation, image, ...rest]) =>
      operation === undefined || image === undefined || rest.length > 0 ? undefined : { operation, args: { image } },
  },
  ssh: {
    form: 'ssh HOST exec COMMAND ARGUMENT...',
    read: ([host, operation, command, ...args]) =>
      host === undefined || operation !== 'exec' || command === undefined
        ? undefined
        : { operation, args: { host, command, args } },
  },
  mail: {
    form: 'mail HOST FROM TO',
    read: ([host, from, to, ...rest]) =>
      host === undefined || from === undefined || to === undefined || rest.length > 0
        ? undefined
        : { operation: 'send', args: { host, from, to: [to], subject: '' } },
  },
};

const general = "Or write it whole: CAPABILITY OPERATION '{ …arguments as JSON… }'.";

/** Reads `net GET https://…`, `exec git clone …`, `fs read a/b` and the like; every call has the form `net request {"url": …}`. */
export function parseCallText(text: string): ParsedCall {
  const whole = /^\s*([a-z]+)\s+([a-z_]+)\s+(\{.*\})\s*$/su.exec(text);
  if (whole !== null) return parseWhole(whole);
  const words = wordsOf(text);
  if (words === undefined)
    return { problem: 'a quote is not closed', remedy: 'Close it, or write \\" for the character.' };
  const [name, ...rest] = words;
  const form = name !== undefined && Object.hasOwn(forms, name) ? forms[name] : undefined;
  if (name === undefined || form === undefined) {
    const known = Object.keys(forms).filter((candidate) => capabilities.has(candidate));
    return {
      problem: `\`${name ?? ''}\` is no capability with a short form`,
      remedy: `There are ${known.join(', ')}. ${general}`,
    };
  }
  const read = form.read(rest);
  if (read === undefined) {
    return { problem: `\`${text}\` is not of the form \`${form.form}\``, remedy: `Write ${form.form}. ${general}` };
  }
  return checked({ capability: name, ...read }, `Write ${form.form}. ${general}`);
}

/** A call that has its parts already; checks that there is such a one. */
export function checkCall(call: HostCall): ParsedCall {
  return checked(call, 'docs/host-calls.md lists the operations and their arguments.');
}

function parseWhole([, capability = '', operation = '', json = '']: RegExpExecArray): ParsedCall {
  try {
    const args: Json = JSON.parse(json);
    return checkCall({ capability, operation, args });
  } catch (cause) {
    const problem = `the arguments are no JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
    return { problem, remedy: general };
  }
}

function checked(call: HostCall, remedy: string): ParsedCall {
  const capability = capabilities.get(call.capability);
  if (capability === undefined) {
    return {
      problem: `there is no capability \`${call.capability}\``,
      remedy: `There are ${[...capabilities.keys()].join(', ')}.`,
    };
  }
  const operation = Object.hasOwn(capability.operations, call.operation)
    ? capability.operations[call.operation]
    : undefined;
  if (operation === undefined) {
    const names = Object.keys(capability.operations).join(', ');
    return { problem: `${call.capability} has no operation \`${call.operation}\``, remedy: `It has ${names}.` };
  }
  const misfit = firstMisfit(operation.argsSchema, call.args);
  if (misfit !== undefined) return { problem: `${call.capability}.${call.operation}: ${misfit.message}`, remedy };
  return { call };
}

/** What is written and moved has more arguments than a path; whether it may be doesn't depend on the content. */
function readFs([operation, ...words]: readonly string[]): Omit<HostCall, 'capability'> | undefined {
  const [one, two, ...rest] = words;
  if (operation === undefined || one === undefined || rest.length > 0) return undefined;
  if (['copy', 'move', 'pack', 'unpack'].includes(operation)) {
    return two === undefined ? undefined : { operation, args: { from: one, to: two } };
  }
  if (two !== undefined) return undefined;
  if (operation === 'glob') return { operation, args: { pattern: one } };
  const args: JsonObject = operation === 'write' ? { path: one, content: '' } : { path: one };
  return { operation, args };
}

/** Words as a shell cuts them, with its quotes and nothing else of it; undefined where a quote isn't closed. */
function wordsOf(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: "'" | '"' | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '\\' && quote !== "'" && index + 1 < text.length) {
      index += 1;
      word = (word ?? '') + text.charAt(index);
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (/\s/u.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== undefined) return undefined;
  return word === undefined ? words : [...words, word];
}
