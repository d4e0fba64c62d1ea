import {
  isJsonObject,
  type Json,
  type JsonObject,
  type RedactedText,
  type WaterflowError,
} from '../../schemas/index.ts';
import { type Automaton, createAutomaton, type Match } from './automaton.ts';
import { formsOf, maximumSecretBytes, minimumSecretLength } from './forms.ts';
import { createUnseenStream } from './unseen.ts';

/** What stands in the place of a secret. Its length says nothing about the value's. */
const mask = '***';

/** Takes secret values out of text, in every form of forms.ts. */
export interface Redactor {
  text(text: string): RedactedText;
  /** Every string of a JSON value, keys included, and each number that is a value by itself. */
  json(value: Json): Json;
  /** For text that comes in chunks: a value that is cut by their borders is found too. */
  stream(): RedactionStream;
}

/** One text that comes in chunks. What can still become a secret is held back until that is decided. */
export interface RedactionStream {
  push(chunk: string): RedactedText;
  /** The rest. The stream begins anew afterwards. */
  end(): RedactedText;
}

/** What is wrong with the secrets of a run, where something is. Checked before any of them is used. */
export function checkSecrets(secrets: Readonly<Record<string, string>>): WaterflowError | undefined {
  for (const [name, value] of Object.entries(secrets)) {
    if (value.trim().length < minimumSecretLength) {
      return {
        code: 'INVALID_INPUT',
        message: `the secret ${name} has fewer than ${minimumSecretLength} characters other than white space`,
        remedy: "Use a longer value: one this short occurs by chance in any log, so it can't be kept out of logs.",
      };
    }
    if (Buffer.byteLength(value) > maximumSecretBytes) {
      return {
        code: 'INVALID_INPUT',
        message: `the secret ${name} is larger than ${maximumSecretBytes / 1024} KiB`,
        remedy: 'Keep large private data in a file of the agent, and give the workflow the key to it.',
      };
    }
  }
  return undefined;
}

/** A redactor for these values, which checkSecrets() accepted. Where there are none, text passes as it is. */
export function createRedactor(values: Iterable<string>): Redactor {
  const needles = new Set<string>();
  for (const value of values) {
    for (const form of formsOf(value)) {
      needles.add(form);
    }
  }
  const automaton = needles.size > 0 ? createAutomaton(needles) : undefined;
  const stream = (): RedactionStream => (automaton ? alsoAsSeen(createStream(automaton), automaton) : passThrough);
  const text = (input: string): RedactedText => {
    const once = stream();
    // Both halves went through the redaction.
    return (once.push(input) + once.end()) as RedactedText;
  };
  const redactor = { text, isNeedle: (number: string) => needles.has(number) };
  return { text, stream, json: (value) => (automaton ? redactJson(value, redactor) : value) };
}

const passThrough: RedactionStream = {
  // There is no secret, so all text is free of secrets.
  push: (chunk) => chunk as RedactedText,
  end: () => '' as RedactedText,
};

/** The values themselves, and those that only whoever is shown the text sees. */
function alsoAsSeen(whole: RedactionStream, automaton: Automaton): RedactionStream {
  const seen = createUnseenStream(automaton, mask);
  return {
    // Both went through the redaction.
    push: (chunk) => seen.push(whole.push(chunk)) as RedactedText,
    end: () => (seen.push(whole.end()) + seen.end()) as RedactedText,
  };
}

function createStream(automaton: Automaton): RedactionStream {
  let state = automaton.initial;
  /** Text that isn't decided yet, and the position of its first code unit. */
  let held = '';
  let heldFrom = 0;
  /** Up to here the text is behind a mask that was already written. */
  let maskedTo = -1;
  let matches: Match[] = [];

  /** Writes out what stands before `to`. Matches that overlap or touch share one mask. */
  const writeOut = (to: number): RedactedText => {
    let out = '';
    let at = heldFrom;
    for (const match of matches) {
      if (match.start >= to) {
        break;
      }
      if (match.start > maskedTo) {
        out += held.slice(Math.max(at, maskedTo) - heldFrom, match.start - heldFrom) + mask;
      }
      maskedTo = Math.max(maskedTo, match.end);
      at = match.end;
    }
    out += held.slice(Math.min(Math.max(at, maskedTo), to) - heldFrom, to - heldFrom);
    matches = matches.filter((match) => match.start >= to);
    held = held.slice(to - heldFrom);
    heldFrom = to;
    // Every match was replaced, and what may become one is held back.
    return out as RedactedText;
  };

  return {
    push: (chunk) => {
      const offset = heldFrom + held.length;
      held += chunk;
      state = automaton.scan({ state, offset }, chunk, (match) => {
        // A longer match that ends later may begin before ones that were found: they are all within it.
        while ((matches.at(-1)?.start ?? -1) >= match.start) {
          matches.pop();
        }
        matches.push(match);
      });
      return writeOut(heldFrom + held.length - automaton.pending(state));
    },
    end: () => {
      const rest = writeOut(heldFrom + held.length);
      state = automaton.initial;
      heldFrom = 0;
      maskedTo = -1;
      return rest;
    },
  };
}

interface JsonRedaction {
  readonly text: (input: string) => string;
  readonly isNeedle: (input: string) => boolean;
}

function redactJson(value: Json, redaction: JsonRedaction): Json {
  if (typeof value === 'string') {
    return redaction.text(value);
  }
  if (typeof value === 'number') {
    // A number is a secret as a whole only: each hides digits that others are made of, and a time is a number, too.
    return redaction.isNeedle(String(value)) ? mask : value;
  }
  if (Array.isArray(value)) {
    return value.map((item: Json) => redactJson(item, redaction));
  }
  if (isJsonObject(value)) {
    const entries = Object.entries(value).map(
      ([key, item]) => [redaction.text(key), redactJson(item, redaction)] as const,
    );
    return Object.fromEntries(entries) satisfies JsonObject;
  }
  return value;
}
