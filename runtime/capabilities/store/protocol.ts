/** What is said between the agent and the thread that holds the store's database. */
import type { CallFailure, KeyValueStore, StoreBound, StoreChange } from '../capability.ts';

/** Whose values: nothing that a plugin says decides it. */
export interface StoreScope {
  readonly tenant: string;
  /** The plugin, by what the agent knows of it; see docs/capabilities.md. */
  readonly plugin: string;
}

/** A request of one plugin in one tenant, at a time in ms since the epoch. */
export type StoreRequest = { readonly scope: StoreScope; readonly now: number } & (
  | { readonly do: 'get'; readonly key: string }
  | { readonly do: 'set'; readonly change: StoreChange; readonly bounds: readonly StoreBound[] }
  | { readonly do: 'delete'; readonly key: string; readonly expected: number | undefined }
  | { readonly do: 'list'; readonly prefix: string; readonly page: { readonly after: string; readonly limit: number } }
);

/** What each of them comes to. */
export interface StoreResults {
  readonly get: Awaited<ReturnType<KeyValueStore['get']>>;
  readonly set: Awaited<ReturnType<KeyValueStore['set']>>;
  readonly delete: boolean;
  readonly list: Awaited<ReturnType<KeyValueStore['list']>>;
}

/** To the thread. */
export type ToThread = { readonly id: number; readonly request: StoreRequest } | { readonly id: 'close' };

/** From the thread: the answer to the request of that id. */
export type FromThread = { readonly id: number } & (
  | { readonly ok: StoreResults[StoreRequest['do']] }
  | { readonly failure: Pick<CallFailure, 'code' | 'message' | 'remedy'> }
);
