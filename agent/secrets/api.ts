import type { JsonObject, WaterflowError } from '../../schemas/index.ts';

/** Where one secret stands. */
export interface SecretPlace {
  /** The name that the run knows it by. */
  readonly name: string;
  readonly path: string;
  readonly version?: number;
}

/** What stands at a path: a text, or fields of which secrets are some. */
export type SecretContent = { readonly text: string } | { readonly fields: JsonObject };

/** What a provider has for a path, and which version of it that is, where it has versions. */
export type ProviderAnswer = (SecretContent & { readonly version?: number }) | { readonly problem: ProviderProblem };

/**
 * Why a provider gives nothing. `missing`: there is no such secret; `denied`: it doesn't let the agent have it; `unreachable`: it may later;
 * `invalid`: what is there can't be a secret, or is nothing that this provider can read. Neither text holds a value, or what a provider said
 * in its own words: both go to whoever sees the run.
 */
export interface ProviderProblem {
  readonly kind: 'missing' | 'denied' | 'unreachable' | 'invalid';
  /** Without a path: `it answers 503`. */
  readonly reason: string;
  readonly remedy?: string;
}

/** A source of secrets. Never rejects; ends within a time of its own, and at once where the signal aborts. */
export interface SecretProvider extends AsyncDisposable {
  read(place: SecretPlace, signal: AbortSignal): Promise<ProviderAnswer>;
}

/** A value that a provider gave. */
export interface ProvidedSecret {
  readonly value: string;
  /** The provider's name in the configuration. */
  readonly provider: string;
  readonly version?: number;
}

/** The secrets that runs of one tenant have from this agent. */
export interface ProvidedSecrets {
  readonly names: readonly string[];
  /** Never rejects. SECRET_NOT_FOUND, SECRET_DENIED, SECRET_UNREACHABLE or SECRET_INVALID. */
  resolve(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly ok: ProvidedSecret } | { readonly error: WaterflowError }>;
}

/** What an operator is told of a secret that was asked for: never its value. */
export interface SecretEvent {
  readonly secret: string;
  readonly provider: string;
  readonly path: string;
  readonly version?: number;
  /** Absent where it was given. */
  readonly problem?: ProviderProblem;
}

/** What providers and their cache are given of the machine. */
export interface SecretPowers {
  readonly clock: { now(): number };
  /** Resolves after so many ms, or rejects where the signal aborts before. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Has something done later; it doesn't keep the process alive. Disposing of the result takes it back. */
  readonly later: (milliseconds: number, act: () => void) => Disposable;
  /** From 0 to 1. */
  readonly chance: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of each secret that a provider was asked for. */
  readonly told: (event: SecretEvent) => void;
  /** Told what ails a provider between questions. */
  readonly warned: (message: string, about: JsonObject) => void;
}
