import type { JWTVerifyGetKey } from 'jose';
import type { Logger } from 'winston';
import { WaterflowFailure } from '../../../schemas/index.ts';
import type { ServerClock } from '../../parts.ts';
import { type KeySet, mostKeySetBytes, noKeys, readKeySet } from './key-set.ts';

/**
 * Gets the text at an HTTPS URL. Refuses redirects, other statuses than 200, addresses of machines nearby unless `allowPrivate`, and what is
 * larger or takes longer. Rejects with an Error whose message may be shown to operators.
 */
export type KeySetFetch = (
  url: URL,
  bounds: { readonly allowPrivate: boolean; readonly mostBytes: number; readonly timeoutMs: number },
) => Promise<string>;

/** What a set at a URL is made of. */
export interface KeySetUrlParts {
  readonly fetch: KeySetFetch;
  readonly clock: Pick<ServerClock, 'now'>;
  readonly log: Pick<Logger, 'warn'>;
}

const timeoutMs = 5_000;
/** Issuers change their keys within days, and publish new ones before they use them. */
const freshMs = 10 * 60_000;
/** So long the last set is used where a newer one can't be had: an issuer that is down signs nobody out. */
const staleMs = 60 * 60_000;
/** The least time between two requests, whatever tokens come. */
const coolDownMs = 30_000;

type State = { readonly keys: JWTVerifyGetKey; readonly at: number } | undefined;

/** A JWKS at a URL: cached, and asked for at most every 30 s, so that tokens with made-up keys make no requests. */
export function createKeySetUrl(
  { url, allowPrivate }: { readonly url: URL; readonly allowPrivate: boolean },
  { fetch, clock, log }: KeySetUrlParts,
): KeySet {
  let state: State;
  let asked = Number.NEGATIVE_INFINITY;
  let pending: Promise<State> | undefined;
  const load = async (): Promise<State> => {
    asked = clock.now();
    try {
      const text = await fetch(url, { allowPrivate, mostBytes: mostKeySetBytes, timeoutMs });
      state = { keys: readKeySet(text, 'what the JWKS URL answers'), at: clock.now() };
    } catch (cause) {
      log.warn('the keys of tokens could not be fetched', { url: url.href, reason: reasonOf(cause) });
    }
    return state;
  };
  /** Resolves with the newest set there is, after a request where one may be made. */
  const refresh = async (): Promise<State> => {
    if (pending === undefined) {
      if (clock.now() - asked < coolDownMs) return state;
      pending = load().finally(() => {
        pending = undefined;
      });
    }
    return pending;
  };
  return {
    async current() {
      const now = clock.now();
      const held = state !== undefined && now - state.at < freshMs ? state : await refresh();
      if (held === undefined || clock.now() - held.at > staleMs)
        throw noKeys("the keys can't be fetched from the JWKS URL");
      return held.keys;
    },
    async newer() {
      const before = state;
      const after = await refresh();
      return after === before ? undefined : after?.keys;
    },
  };
}

function reasonOf(cause: unknown): string {
  if (cause instanceof WaterflowFailure) return cause.error.message;
  return cause instanceof Error ? cause.message : String(cause);
}
