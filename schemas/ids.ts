/** A string that only its own constructor makes, so that two kinds of text can't be mixed up. */
export type Brand<Text extends string, Name extends string> = Text & { readonly __brand: Name };

/** A run: `run-` and 26 lower-case Crockford base-32 digits, ordered by time. */
export type RunId = Brand<string, 'RunId'>;
/** A job of a run: its id, for a matrix cell `build (linux, 24)`. */
export type JobKey = Brand<string, 'JobKey'>;
/** A step of a job: its id, or its position (`"0"`) where it has none. */
export type StepKey = Brand<string, 'StepKey'>;
/** `sha256:` and 64 lower-case hex digits. */
export type Digest = Brand<string, 'Digest'>;
/** A normalized absolute path on the agent's machine. */
export type AbsolutePath = Brand<string, 'AbsolutePath'>;
/** Text from which every known secret value has been removed. */
export type RedactedText = Brand<string, 'RedactedText'>;

const runIdPattern = /^run-[0-9a-hjkmnp-tv-z]{26}$/;

/** Reads a run's id from outside; undefined where the text isn't one (so it can never be a path). */
export function parseRunId(text: string): RunId | undefined {
  // The pattern is the whole definition of a RunId.
  return runIdPattern.test(text) ? (text as RunId) : undefined;
}
