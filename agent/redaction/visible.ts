import { assertNever } from '../../schemas/index.ts';
import type { Automaton, Match } from './automaton.ts';

// What a report leaves out of a text that somebody else wrote: controls, separators of lines, controls of writing direction, and what
// shows nothing. More is left out here than there may be, never less.
const invisible =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\p{Bidi_Control}\ufff9-\ufffb\p{Default_Ignorable_Code_Point}]/u; // oxlint-disable-line no-control-regex -- these are what it looks for
/** The same, and the first halves of those above U+FFFF, whose second halves a chunk may not have. */
const perhapsInvisible = new RegExp(`${invisible.source}|[\\ud82f\\ud834\\udb40-\\udb43]`, 'u');
const everyInvisible = new RegExp(invisible.source, 'gu');

const escape = 0x1b;
const bell = 0x07;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Whether the text has anything in it that is left out where it is shown, or the beginning of that. */
export function mayHide(text: string): boolean {
  return perhapsInvisible.test(text);
}

/** The text without the characters that are never shown; escape sequences lose their first one only. */
export function withoutInvisible(text: string): string {
  return text.replaceAll(everyInvisible, '');
}

/**
 * How escape sequences are read. `lines`: as a log is shown, each line for itself. `loose`: as where lines were joined or a long one was
 * cut, so that a sequence goes over the end of a line, and what looks like the text of one (a window's title) is shown.
 */
export type Reading = 'lines' | 'loose';

type State =
  | { readonly in: 'text' }
  /** The first half of a character above U+FFFF that may be invisible. */
  | { readonly in: 'half'; readonly code: number; readonly at: number }
  | { readonly in: 'escape' }
  | { readonly in: 'escaped half' }
  /** ECMA-48 5.4. What is in it is shown where it isn't completed. */
  | { readonly in: 'control sequence'; readonly units: Unit[]; intermediate: boolean }
  | { readonly in: 'string' }
  | { readonly in: 'end of string' };

interface Unit {
  readonly code: number;
  readonly at: number;
}

const inText: State = { in: 'text' };

/** A control sequence that is longer is none. */
const longestSequence = 4096;

/** Looks for needles in what is shown of a text, and says where they are in the text itself. */
export class VisibleScan {
  readonly #automaton: Automaton;
  readonly #reading: Reading;
  #state: State = inText;
  #node: number;
  /** Where the units are that may be the beginning of a needle. */
  #pending: number[];
  /** What is shown and wasn't looked at yet, and where its units are. */
  #text = '';
  #places: number[] = [];

  /** Goes on from where the scan of the text itself is: `node`, after all before `offset`. */
  constructor(automaton: Automaton, reading: Reading, from: { readonly node: number; readonly offset: number }) {
    this.#automaton = automaton;
    this.#reading = reading;
    this.#node = from.node;
    const count = automaton.pending(from.node);
    this.#pending = Array.from({ length: count }, (_, index) => from.offset - count + index);
  }

  /** Goes on with a chunk, which begins at `offset`. */
  scan(chunk: string, offset: number, found: (match: Match) => void): void {
    for (let index = 0; index < chunk.length; index += 1) {
      const plain = this.#state.in === 'text' ? plainUntil(chunk, index) : index;
      if (plain > index) {
        this.#text += chunk.slice(index, plain);
        for (let place = index; place < plain; place += 1) this.#places.push(offset + place);
        index = plain - 1;
      } else this.#take({ code: chunk.charCodeAt(index), at: offset + index });
    }
    this.#look(found);
  }

  /** Nothing follows: what was begun is as it is. */
  end(found: (match: Match) => void): void {
    this.#abandon();
    this.#look(found);
  }

  /** From where on it isn't decided what is a secret; `end` where all is. */
  undecidedFrom(end: number): number {
    return Math.min(this.#pending[0] ?? end, heldBy(this.#state) ?? end);
  }

  /** Whether it is where the scan of the text itself is, and so finds nothing else until something is hidden again. */
  agrees(node: number, end: number): boolean {
    const [first] = this.#pending;
    return (
      this.#state.in === 'text' && this.#node === node && (first === undefined || first === end - this.#pending.length)
    );
  }

  #look(found: (match: Match) => void): void {
    if (this.#text === '') return;
    const positions = this.#pending.concat(this.#places);
    const text = this.#text;
    this.#node = this.#automaton.scan({ state: this.#node, offset: this.#pending.length }, text, ({ start, end }) => {
      const [first, last] = [positions[start], positions[end - 1]];
      if (first !== undefined && last !== undefined) found({ start: first, end: last + 1 });
    });
    this.#text = '';
    this.#places = [];
    const count = this.#automaton.pending(this.#node);
    this.#pending = positions.slice(positions.length - count);
  }

  #take(unit: Unit): void {
    const state = this.#state;
    switch (state.in) {
      case 'text':
        return this.#takeText(unit);
      case 'half':
        return this.#takeSecondHalf(state, unit);
      case 'escape':
        return this.#takeEscaped(unit);
      case 'escaped half':
        this.#state = inText;
        return isSecondHalf(unit.code) ? undefined : this.#takeText(unit);
      case 'control sequence':
        return this.#takeSequence(state, unit);
      case 'string':
        return this.#takeString(unit);
      case 'end of string':
        this.#state = inText;
        return unit.code === 0x5c ? undefined : this.#takeText(unit);
      default:
        return assertNever(state);
    }
  }

  #takeText(unit: Unit): void {
    const { code } = unit;
    if (code === escape) this.#state = { in: 'escape' };
    else if (code === 0xd82f || code === 0xd834 || (code >= 0xdb40 && code <= 0xdb43)) {
      this.#state = { in: 'half', ...unit };
    } else if (!isInvisible(code)) this.#show(unit);
  }

  #takeSecondHalf(half: Extract<State, { readonly in: 'half' }>, unit: Unit): void {
    this.#state = inText;
    const isPair = isSecondHalf(unit.code);
    if (isPair && invisible.test(String.fromCharCode(half.code, unit.code))) return;
    this.#show(half);
    if (isPair) this.#show(unit);
    else this.#takeText(unit);
  }

  /** ESC takes the next character with it, whatever it is. */
  #takeEscaped(unit: Unit): void {
    const { code } = unit;
    this.#state = inText;
    if (code === 0x5b) this.#state = { in: 'control sequence', units: [], intermediate: false };
    else if (code === 0x5d && this.#reading === 'lines') this.#state = { in: 'string' };
    else if (isLineEnd(code)) {
      if (this.#reading === 'lines') this.#takeText(unit);
      // Blanks about the end of a line are taken away before sequences are.
      else this.#state = { in: 'escape' };
    } else if (code === 0x20 && this.#reading === 'loose') this.#state = { in: 'escape' };
    else if (code >= 0xd800 && code <= 0xdbff) this.#state = { in: 'escaped half' };
  }

  #takeSequence(state: Extract<State, { readonly in: 'control sequence' }>, unit: Unit): void {
    const { code } = unit;
    const isLoose = this.#reading === 'loose';
    const isIntermediate = (code >= 0x20 && code <= 0x2f) || (isLoose && isLineEnd(code));
    const isParameter = code >= 0x30 && code <= 0x3f && !state.intermediate;
    if (isIntermediate || isParameter) {
      state.intermediate = isIntermediate;
      if (!isLoose || state.units.length < longestSequence) state.units.push(unit);
      if (isLoose || state.units.length <= longestSequence) return;
      this.#abandon();
      return;
    }
    if (code >= 0x40 && code <= 0x7e) {
      this.#state = inText;
      return;
    }
    this.#abandon();
    this.#takeText(unit);
  }

  #takeString(unit: Unit): void {
    if (unit.code === bell) this.#state = inText;
    else if (unit.code === escape) this.#state = { in: 'end of string' };
    else if (isLineEnd(unit.code)) {
      this.#state = inText;
      this.#takeText(unit);
    }
  }

  #show({ code, at }: Unit): void {
    this.#text += String.fromCharCode(code);
    this.#places.push(at);
  }

  /** What was no sequence after all is shown. */
  #abandon(): void {
    const state = this.#state;
    this.#state = inText;
    if (state.in === 'half') this.#show(state);
    if (state.in === 'control sequence') for (const unit of state.units) this.#takeText(unit);
  }
}

function heldBy(state: State): number | undefined {
  if (state.in === 'half') return state.at;
  return state.in === 'control sequence' ? state.units[0]?.at : undefined;
}

function isLineEnd(code: number): boolean {
  return code === lineFeed || code === carriageReturn || code === 0x2028 || code === 0x2029;
}

function isSecondHalf(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** Where the printable ASCII ends that begins there: most text. */
function plainUntil(chunk: string, from: number): number {
  let index = from;
  for (let code = chunk.charCodeAt(index); code >= 0x20 && code < 0x7f; code = chunk.charCodeAt(index)) index += 1;
  return index;
}

function isInvisible(code: number): boolean {
  // Most text is this, and an expression takes longer to ask.
  if (code >= 0x20 && code < 0x7f) return false;
  return invisible.test(String.fromCharCode(code));
}
