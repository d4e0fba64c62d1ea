import {
  isJsonObject,
  type Json,
  type JsonObject,
  type RedactedText,
  type WaterflowError,
} from '../../schemas/index.ts';
import { type Automaton, createAutomaton, type Match } from './automaton.ts';
import { formsOf, maximumSecretBytes, minimumSecretLength } from './forms.ts';
import { mayHide, VisibleScan, withoutInvisible } from './visible.ts';

/** What stands in the place of a secret. Its length says nothing about the value's. */
const mask = '***';

/** What may stand between the characters of a secret without being shown. More is replaced, with the character before it. */
const mostHeld = 1024 * 1024;

/**
 * Takes secret values out of text, in every form of forms.ts: out of the text itself, and out of what reports show of it, which is
 * less by escape sequences and invisible characters.
 */
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
      const shown = withoutInvisible(form);
      if (shown.length >= minimumSecretLength) needles.add(shown);
    }
  }
  const automaton = needles.size > 0 ? createAutomaton(needles) : undefined;
  const stream = (): RedactionStream => (automaton ? createStream(automaton) : passThrough);
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

function createStream(automaton: Automaton): RedactionStream {
  let state = automaton.initial;
  /** Text that isn't decided yet, and the position of its first code unit. */
  let held = '';
  let heldFrom = 0;
  /** Up to here the text is behind a mask that was already written. */
  let maskedTo = -1;
  let matches: Match[] = [];
  /** Of what is shown, where that isn't the text itself. */
  let visible: readonly VisibleScan[] = [];
  const found = (match: Match): void => {
    matches.push(match);
  };

  /** Writes out what stands before `to`. Matches that overlap or touch share one mask. */
  const writeOut = (to: number): RedactedText => {
    matches.sort((one, other) => one.start - other.start);
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
      if (visible.length === 0 && mayHide(chunk)) {
        const from = { node: state, offset };
        visible = [new VisibleScan(automaton, 'lines', from), new VisibleScan(automaton, 'loose', from)];
      }
      state = automaton.scan({ state, offset }, chunk, (match) => {
        // A longer match that ends later may begin before ones that were found: they are all within it.
        for (let last = matches.at(-1); last !== undefined; last = matches.at(-1)) {
          if (last.start < match.start || last.end > match.end) break;
          matches.pop();
        }
        matches.push(match);
      });
      const end = offset + chunk.length;
      for (const scan of visible) {
        scan.scan(chunk, offset, found);
      }
      const node = state;
      if (visible.every((scan) => scan.agrees(node, end))) {
        visible = [];
      }
      const undecided = Math.min(end - automaton.pending(state), ...visible.map((scan) => scan.undecidedFrom(end)));
      if (end - undecided > mostHeld && visible.length > 0) {
        matches.push({ start: undecided, end });
        visible = [];
        state = automaton.initial;
        return writeOut(end);
      }
      return writeOut(undecided);
    },
    end: () => {
      for (const scan of visible) {
        scan.end(found);
      }
      visible = [];
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
