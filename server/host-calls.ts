import type { Json, JsonObject, RunId } from '../schemas/index.ts';

/** A host call of a run, as the agent's record has it. */
export interface RecordedHostCall {
  /** The agent on another machine that recorded it; absent: the one of this process. */
  readonly agent?: string;
  /** Of its entry in that agent's record. */
  readonly sequence: number;
  readonly at: string;
  readonly job: string;
  readonly step: string;
  readonly attempt: number;
  readonly plugin: { readonly name: string; readonly version: string; readonly digest: string };
  /** The invocation of the plugin that made it, by the sequence of its entry. */
  readonly invocation: number;
  /** The call whose program did this. */
  readonly within?: number;
  readonly call: { readonly capability: string; readonly operation: string; readonly args: Json };
  /** The arguments are not whole. */
  readonly truncated: boolean;
  readonly decision: 'allowed' | 'denied' | 'invalid';
  readonly rules: readonly string[];
  readonly reason?: string;
  readonly result: 'ok' | 'error' | 'denied' | 'none' | 'unknown';
  readonly duration_ms?: number;
  readonly bytes: { readonly in: number; readonly out?: number };
  readonly facts?: JsonObject | undefined;
  /** Names of secrets whose values went out with it. */
  readonly secrets?: readonly string[];
}

/**
 * The host calls of a run, each as soon as it is over; those that aren't come last. None where nothing was recorded. What of the
 * record holds is given; where it doesn't, AUDIT_BROKEN comes after that.
 */
export type ReadHostCalls = (run: RunId) => AsyncIterable<RecordedHostCall>;
