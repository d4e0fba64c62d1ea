import type { WaterflowError } from '../../schemas/index.ts';

/** One part of what `--simulate` was given, before its names are looked up. `typed`: the value is JSON (`:=`). */
export interface Assignment {
  readonly written: string;
  readonly target: string;
  readonly value: string;
  readonly typed: boolean;
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * Splits `build=failure,deploy (eu, us).test=timeout` at the commas that stand outside of brackets and quotes, and each part at its first `=`
 * outside of them.
 */
export function splitAssignments(
  text: string,
): { readonly ok: readonly Assignment[] } | { readonly error: WaterflowError } {
  const assignments: Assignment[] = [];
  for (const part of splitOutside(text)) {
    const written = part.trim();
    if (written === '') continue;
    const equals = equalsIn(written);
    if (equals === -1) {
      return { error: scriptError(`\`${written}\` has no result`, 'Write TARGET=RESULT, as `build=failure`.') };
    }
    const typed = written[equals - 1] === ':';
    const target = written.slice(0, typed ? equals - 1 : equals).trim();
    assignments.push({ written, target, value: written.slice(equals + 1).trim(), typed });
  }
  return { ok: assignments };
}

/** A mistake in a script. */
export function scriptError(message: string, remedy: string): WaterflowError {
  return { code: 'USAGE', message: `--simulate: ${message}`, remedy };
}

function splitOutside(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (const index of outside(text)) {
    if (text[index] !== ',') continue;
    parts.push(text.slice(start, index));
    start = index + 1;
  }
  return [...parts, text.slice(start)];
}

function equalsIn(text: string): number {
  for (const index of outside(text)) if (text[index] === '=') return index;
  return -1;
}

/** The places of a text that stand in no brackets and no double quotes. */
function* outside(text: string): Generator<number> {
  const open: string[] = [];
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quoted) {
      if (character === '\\') index += 1;
      else if (character === '"') quoted = false;
      continue;
    }
    const close = closing[character];
    if (character === '"') quoted = true;
    else if (close !== undefined) open.push(close);
    else if (character === open.at(-1)) open.pop();
    else if (open.length === 0) yield index;
  }
}
