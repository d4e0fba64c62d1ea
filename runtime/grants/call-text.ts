/** Host calls as people write them on a command line and in the cases of `policy test`. */
import type { Json } from '../../schemas/index.ts';
import { capabilities } from '../capabilities/table.ts';
import { firstMisfit } from '../documents/schema-check.ts';
import type { HostCall } from '../host-call.ts';
import { type CallWords, readDocker, readEnv, readFs, readMail, readSsh, readStore } from './call-words.ts';

/** What a text says; a problem says what is wrong with it, and a remedy how it should be. */
export type ParsedCall = { readonly call: HostCall } | { readonly problem: string; readonly remedy: string };

/** Methods tell capitals from small letters (RFC 9110, 9.1), and all that servers know are in capitals. */
const methodForm = /^[A-Z][A-Z-]*$/u;

/** Each form by the name of its capability. `read` gets the words after that name. */
const forms: Readonly<
  Record<string, { readonly form: string; readonly read: (words: readonly string[]) => CallWords | undefined }>
> = {
  net: {
    form: 'net METHOD URL, such as net GET https://example.com/',
    read: ([method, url, ...rest]) =>
      method === undefined || url === undefined || rest.length > 0 || !methodForm.test(method) || !URL.canParse(url)
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
  store: { form: 'store OPERATION KEY', read: readStore },
  docker: {
    form: 'docker run IMAGE COMMAND... (start likewise), docker pull IMAGE (push, build), docker exec CONTAINER COMMAND..., or docker logs CONTAINER (wait, status, remove)',
    read: readDocker,
  },
  ssh: {
    form: 'ssh HOST exec COMMAND ARGUMENT..., ssh HOST upload FROM TO (download, rename), or ssh HOST list PATH (stat, mkdir, remove); HOST may be USER@HOST:PORT',
    read: readSsh,
  },
  env: { form: 'env set NAME..., or env add_path FOLDER...', read: readEnv },
  mail: { form: 'mail HOST FROM TO...; HOST may be HOST:PORT', read: readMail },
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
  const problem = misfit?.message ?? operation.misfit?.(call.args);
  if (problem !== undefined) return { problem: `${call.capability}.${call.operation}: ${problem}`, remedy };
  return { call };
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
