/**
 * The first code in every isolate: it hardens the intrinsics, makes `host`, runs the plugin and says how that ended. The
 * sandbox host calls its exports; a plugin reaches none of them.
 */
import { type Bridge, type Calls, createCalls } from './calls.ts';
import { defineGlobals } from './globals.ts';
import { harden } from './harden.ts';
import { createHost } from './host.ts';
import type { Json } from './types/host.d.ts';
import { type DeterministicStart, replaceTimeAndChance } from './time-and-chance.ts';

const timeAndChance = replaceTimeAndChance(globalThis);
harden(globalThis);
const globals = defineGlobals(globalThis);

/** Ends the run as failed, once it has begun. */
let failed = (_error: unknown): void => {};
let connected: { readonly bridge: Bridge; readonly calls: Calls } | undefined;

/**
 * Connects the prelude to the sandbox host. Called once, before any code of the plugin is loaded. `load` loads a polyfill by its name,
 * and calls {@link provide}; `deterministic` is a {@link DeterministicStart} as JSON text, or absent.
 */
export function connect(
  ...[submit, post, wait, finish, load, deterministic, requireRun]: readonly [
    Bridge['submit'],
    Bridge['post'],
    Bridge['wait'],
    Bridge['finish'],
    (polyfill: string) => void,
    (string | undefined)?,
    (() => void)?,
  ]
): void {
  const bridge = { submit, post, wait, finish };
  if (deterministic !== undefined) begin(deterministic);
  const calls = timeAndChance.following(createCalls(bridge));
  connected = { bridge, calls };
  globals.connect({ calls, load, requireRun: requireRun ?? (() => {}) });
  const write = (...values: readonly unknown[]) =>
    calls.post('log', 'write', { text: values.map((value) => textOf(value)).join(' ') });
  const console = Object.freeze({ log: write, info: write, warn: write, error: write, debug: write });
  Object.defineProperty(globalThis, 'console', { value: console });
}

/** Hands in what a polyfill exports. */
export function provide(polyfill: string, exports: Readonly<Record<string, unknown>>): void {
  globals.provide(polyfill, exports);
}

/** Makes the run deterministic: `start` is a {@link DeterministicStart} as JSON text. Called before any code of the plugin runs. */
export function begin(start: string): void {
  // The agent wrote it.
  timeAndChance.begin(JSON.parse(start) as DeterministicStart);
}

/** Runs the plugin's function; returns at the first `await`. The end is told to `finish`. */
export function run(plugin: unknown, inputs: string, capabilities: string): void {
  if (connected === undefined) return;
  const { bridge, calls } = connected;
  const { finish } = bridge;
  const { originOf } = calls;
  const host = createHost(calls, JSON.parse(capabilities));
  failed = (error: unknown) => {
    const description = describe(error, originOf);
    const details = JSON.stringify(description);
    if (refusedAllocation.test(description.message) || isExhaustion(error)) finish('out_of_memory', details);
    else finish('threw', withOutputs(details, error));
  };
  const fail = failed;
  globals.onUncaught(fail);
  const start = async (): Promise<unknown> => {
    if (typeof plugin !== 'function') {
      finish('plugin_invalid', JSON.stringify({ message: 'the default export of the main module is no function' }));
      return undefined;
    }
    return plugin(JSON.parse(inputs), host);
  };
  start().then((result) => finishWith(result, bridge, originOf), fail);
}

function finishWith(result: unknown, { finish }: Bridge, originOf: Calls['originOf']): null {
  let json: string | undefined;
  try {
    json = JSON.stringify(result === undefined ? {} : result);
  } catch (error) {
    // A cycle, a BigInt, or a toJSON of the plugin's own.
    finish('output_invalid', JSON.stringify({ message: describe(error, originOf).message }));
    return null;
  }
  if (json === undefined) finish('output_invalid', JSON.stringify({ message: `a ${typeof result} is no JSON` }));
  else finish('returned', json);
  return null;
}

/** What stepFailure() of the guest API put on the error; left out where it is no JSON. */
function withOutputs(details: string, error: unknown): string {
  try {
    const { outputs } = propertiesOf(error as Error);
    const json = typeof outputs === 'object' && outputs !== null ? JSON.stringify(outputs) : undefined;
    return json === undefined ? details : `${details.slice(0, -1)},"outputs":${json}}`;
  } catch {
    // No object, a cycle, or a getter of the plugin's own.
    return details;
  }
}

/**
 * Says that a promise was rejected with this and that nobody handles it: the step has failed. A call that was given up because the step is
 * being cancelled is no failure.
 */
export function unhandled(reason: unknown): void {
  if (connected?.calls.originOf(reason)?.code !== 'CANCELLED') failed(reason);
}

/** The same where there is a copy alone, as isolated-vm hands out; false where it is of no error that a host call made. */
export function rejected(message: string, stack: string): boolean {
  const error = connected?.calls.originalOf(message, stack);
  if (error !== undefined) unhandled(error);
  return error !== undefined;
}

/** Hands the answer of a call to whoever awaits it. */
export function settle(id: number, answer: string): void {
  connected?.calls.settle(id, answer);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return stackOf(value);
  try {
    return jsonOf(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/** As JSON, with words for what that has none for: maps and sets as their items, errors, big numbers, what lies within itself. */
function jsonOf(value: unknown): string | undefined {
  /** What is being written, from the outermost on, as it is and as it is shown. */
  const around: { readonly value: object; readonly shown: unknown }[] = [];
  return JSON.stringify(value, function shownIn(this: unknown, _key: string, each: unknown): unknown {
    if (typeof each === 'bigint') return `${each}n`;
    if (typeof each !== 'object' || each === null) return each;
    while (around.length > 0 && around.at(-1)?.shown !== this) around.pop();
    if (around.some(({ value: outer }) => outer === each)) return '[circular]';
    if (each instanceof Error) {
      const { name, message } = propertiesOf(each);
      return `${String(name)}: ${String(message)}`;
    }
    const shown = each instanceof Map || each instanceof Set ? [...each] : each;
    around.push({ value: each, shown });
    return shown;
  });
}

/** The stack as V8 has it, with the error in its first line: QuickJS has the places alone. */
function stackOf(error: Error): string {
  const { name, message, stack } = propertiesOf(error);
  const [text, head] = [String(stack), String(name)];
  if (stack === undefined || text.startsWith(head)) return text;
  const first = String(message) === '' ? head : `${head}: ${String(message)}`;
  const places = text.split('\n').filter((line) => !line.includes('(<null>:'));
  return `${first}\n${places.join('\n')}`.trimEnd();
}

/** A plugin may have put anything there. */
function propertiesOf(error: Error): {
  readonly message: unknown;
  readonly name: unknown;
  readonly stack?: unknown;
  readonly outputs?: unknown;
  readonly remedy?: unknown;
} {
  return error;
}

/** Whatever was thrown, as text: it may be no error at all, or one whose properties throw. */
function describe(thrown: unknown, originOf: Calls['originOf']): { readonly message: string } & Record<string, Json> {
  try {
    const origin = originOf(thrown);
    const cause = origin === undefined ? {} : { call: origin.call };
    if (!(thrown instanceof Error)) return { message: textOf(thrown).slice(0, messageCharacters) };
    const { message: text, name, stack, remedy } = propertiesOf(thrown);
    const message = String(text) || String(name);
    const place = placeOf(String(stack));
    return {
      message: message.slice(0, messageCharacters),
      ...(place === undefined ? {} : { at: place.slice(0, placeCharacters) }),
      ...(typeof remedy === 'string' ? { remedy: remedy.slice(0, messageCharacters) } : {}),
      ...cause,
    };
  } catch {
    return { message: 'the plugin threw a value that cannot be read' };
  }
}

/** A place in the prelude or a polyfill; QuickJS keeps none of theirs. */
const ownPlace = /^(?:prelude\.js|<null>):/;

/** Where the first line of a stack is that has a place. An expression would look at a long line once for each character. */
function placeOf(stack: string): string | undefined {
  for (const line of stack.split('\n')) {
    const place = line.length > lineCharacters ? undefined : /([^\s()]+:\d+:\d+)\)?$/.exec(line)?.[1];
    if (place !== undefined && !ownPlace.test(place)) return place;
  }
  return undefined;
}

/** What V8 throws where isolated-vm's memory limit refuses a buffer: the one way in which that limit can be caught. */
const refusedAllocation = /^(?:Array buffer allocation failed|ArrayBuffer\.prototype\.\w+: Out of memory)$/;
/** What QuickJS throws where its allocator is refused memory. */
function isExhaustion(error: unknown): boolean {
  return error instanceof Error && error.name === 'InternalError' && error.message === 'out of memory';
}

/** Enough for a person; what is longer belongs into the log. */
const messageCharacters = 8000;
const placeCharacters = 300;
/** A line of a stack that is longer is part of a message. */
const lineCharacters = 1000;
