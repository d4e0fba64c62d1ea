import type { Json } from './types/host.d.ts';

/** What the sandbox host gives to the prelude: functions over text, nothing else. */
export interface Bridge {
  /** Sends a call with its arguments as JSON text; its id, or 0 where the arguments are too large. */
  readonly submit: (capability: string, operation: string, args: string) => number;
  /** The same for a call whose answer is never handed in. */
  readonly post: (capability: string, operation: string, args: string) => number;
  /** Blocks for the answer of one call, as JSON text. */
  readonly wait: (id: number) => string;
  /** Says how the invocation ended: the JSON text of a result, or of what went wrong. */
  readonly finish: (kind: string, details: string) => void;
}

/** What a host call rejects with. `call` is its id: it lets the agent recognise a denial that nobody caught. */
interface CallOrigin {
  readonly call: number;
  readonly code: string;
  readonly denied: boolean;
}

/** The host calls of this isolate and the errors that they made. */
export interface Calls {
  /** Starts a call; the promise settles when the sandbox host hands in the answer. */
  readonly start: (capability: string, operation: string, args: unknown) => Promise<Json>;
  /** Makes a call and blocks for its answer. */
  readonly now: (capability: string, operation: string, args: unknown) => Json;
  /** Sends a call whose answer nobody needs. */
  readonly post: (capability: string, operation: string, args: unknown) => void;
  /** Hands in an answer, as JSON text. */
  readonly settle: (id: number, answer: string) => void;
  /** Where an error came from, if a host call made it. */
  readonly originOf: (error: unknown) => CallOrigin | undefined;
  /** The error of a host call of which this is a copy: one of the last {@link keptErrors}. */
  readonly originalOf: (message: string, stack: string) => Error | undefined;
}

/** An answer on the wire, see docs/host-calls.md. The agent made it, so it is trusted here. */
interface Answer {
  readonly ok?: Json;
  readonly denied?: {
    readonly code: string;
    readonly rule: string;
    readonly message: string;
    readonly remedy: string;
  };
  readonly error?: { readonly code: string; readonly message: string };
}

/** A call that isn't answered yet. */
interface WaitingCall {
  readonly resolve: (value: Json) => void;
  readonly reject: (error: Error) => void;
  /** Made where the plugin makes the call. */
  readonly trace: Error;
}

/** As many as the agent remembers refusals. */
const keptErrors = 100;

/** Makes the calls over a bridge. */
export function createCalls(bridge: Bridge): Calls {
  const waiting = new Map<number, WaitingCall>();
  const origins = new WeakMap<Error, CallOrigin>();
  const latest: { readonly error: Error; readonly places: string }[] = [];

  // A plugin written in JavaScript may pass anything for a name.
  const send = (way: Bridge['submit'], [capability, operation, args]: readonly unknown[]): number => {
    const id = way(String(capability), String(operation), JSON.stringify(args) ?? 'null');
    if (id !== 0) return id;
    throw hostError(
      'LIMIT_EXCEEDED',
      `the arguments of ${String(capability)}.${String(operation)} are larger than 8 MiB; pass bulk data through a workspace file`,
    );
  };

  const errorOf = (id: number, answer: Answer, trace: Error): Error => {
    const error =
      answer.denied === undefined
        ? hostError(answer.error?.code ?? 'FAILED', answer.error?.message ?? 'the host gave no answer')
        : deniedError(answer.denied);
    const { code } = answer.denied ?? answer.error ?? { code: 'FAILED' };
    origins.set(error, { call: id, code, denied: answer.denied !== undefined });
    const places = placesIn(trace);
    const stack = [`${error.name}: ${error.message}`, ...places].join('\n');
    Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true });
    latest.push({ error, places: places.join('\n') });
    if (latest.length > keptErrors) latest.shift();
    return error;
  };

  return {
    start: (capability, operation, args) => {
      const trace = new Error();
      return new Promise((resolve, reject) => {
        const id = send(bridge.submit, [capability, operation, args]);
        waiting.set(id, { resolve, reject, trace });
      });
    },
    now: (capability, operation, args) => {
      const id = send(bridge.submit, [capability, operation, args]);
      // The sandbox host hands over the agent's answers only.
      const answer = JSON.parse(bridge.wait(id)) as Answer;
      if (answer.ok !== undefined) return answer.ok;
      throw errorOf(id, answer, new Error());
    },
    post: (capability, operation, args) => {
      send(bridge.post, [capability, operation, args]);
    },
    settle: (id, text) => {
      const call = waiting.get(id);
      if (call === undefined) return;
      waiting.delete(id);
      // As above.
      const answer = JSON.parse(text) as Answer;
      if (answer.ok !== undefined) call.resolve(answer.ok);
      else call.reject(errorOf(id, answer, call.trace));
    },
    originOf: (error) => (error instanceof Error ? origins.get(error) : undefined),
    // A stack on its way out of an isolate gets another first line, and more at its end.
    originalOf: (message, stack) => {
      const alike = latest.filter(({ places }) => stack.includes(places));
      const same = alike.findLast(({ error }) => Object.getOwnPropertyDescriptor(error, 'message')?.value === message);
      // A message that is a getter of the plugin's own may be another one each time; the call's place is the same.
      return (same ?? alike.findLast(({ places }) => places !== ''))?.error;
    },
  };
}

/** An error is made when the answer comes; what its reader looks for is where the plugin made the call. */
function placesIn({ stack }: Error): readonly string[] {
  return String(stack)
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !ownLine.test(line));
}

/** A line of a stack in the prelude; QuickJS keeps no places of its own. */
const ownLine = /[( ](?:prelude\.js|<null>):/;

function hostError(code: string, message: string): Error {
  return Object.assign(new Error(message), { name: 'HostError', code });
}

function deniedError(denial: NonNullable<Answer['denied']>): Error {
  const { code, rule, message, remedy } = denial;
  return Object.assign(new Error(message), { name: 'HostDenied', code, rule, remedy });
}
