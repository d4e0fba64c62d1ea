import type { ErrorCode, Json } from '../schemas/index.ts';

/** What a guest asks of the host. Names are checked against the table; unknown ones are errors, never ignored. */
export interface HostCall {
  readonly capability: string;
  readonly operation: string;
  readonly args: Json;
  /** What is wrong with arguments that no schema is asked about, such as too deep ones; `args` is their JSON as text then. */
  readonly malformed?: string;
}

/** Why a call was refused, as the guest sees it: a value, never an exception that kills it. */
export interface Denial {
  readonly code: 'DENIED';
  /** Which layer and rule decided, e.g. `policy policies/default.yaml rule 2`, `manifest net[0]`, `step permissions`. */
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
}

/** What the host answers to a call. */
export type HostCallAnswer =
  | { readonly ok: Json }
  | { readonly denied: Denial }
  | {
      readonly error: {
        readonly code:
          | ErrorCode
          | 'UNKNOWN_CAPABILITY'
          | 'UNKNOWN_OPERATION'
          | 'INVALID_ARGUMENTS'
          | 'NOT_FOUND'
          | 'FAILED';
        readonly message: string;
        /** Of LIMIT_EXCEEDED, where the policy set the limit: a step whose plugin doesn't catch it fails with these. */
        readonly rule?: string;
        readonly remedy?: string;
      };
    };

/**
 * Performs one call of a running invocation. Never rejects. `signal` is aborted when the invocation ends. `underway` is called where the
 * answer may take any time: the call is allowed and being carried out, or waits for its turn. One that isn't is answered soon.
 */
export type HostCallHandler = (call: HostCall, signal: AbortSignal, underway?: () => void) => Promise<HostCallAnswer>;

const texts = new WeakMap<HostCallAnswer, string>();

/** An answer as JSON. It is asked for twice, by who counts its bytes and by who sends it, and may be of many megabytes. */
export function answerText(answer: HostCallAnswer): string {
  const text = texts.get(answer) ?? JSON.stringify(answer);
  texts.set(answer, text);
  return text;
}
