import type { Automaton, Match } from './automaton.ts';

// ECMA-48: CSI and OSC sequences, other escapes, the C0 and C1 controls but tabs and line feeds; the separators of lines, and
// format characters, which have no width or change the direction of text. What is shown of a text is what is left without these.
const unseen =
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b.?|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
// oxlint-disable-next-line no-control-regex -- as above
const anyUnseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
/** A sequence that what comes next may complete. */
// oxlint-disable-next-line no-control-regex -- as above
const unfinished = /\u001b(?:\[[0-?]*[ -/]*|\][^\u0007\u001b]*\u001b?)?$/u;

/** The most that is held back between two parts of a value; who puts more there hides it from this. */
const maximumHeld = 4096;

/** Takes out values that are seen as a whole where a text is shown, though the text itself has them in parts. */
export interface UnseenStream {
  push(text: string): string;
  end(): string;
}

/**
 * For text from which whole values were taken already, so that no beginning of one stands at the end of a text that it was
 * given: colours within a word, as tools put them there by themselves, or whatever a program does so that it isn't found. Reports
 * take these characters out before they show a text, which would put the value together again.
 */
export function createUnseenStream(automaton: Automaton, mask: string): UnseenStream {
  let held = '';
  return {
    push: (text) => {
      if (held === '' && !anyUnseen.test(text)) return text;
      const whole = held + text;
      const { masked, rest } = maskSeen(whole, automaton, mask);
      held = rest.length > maximumHeld ? '' : rest;
      return rest.length > maximumHeld ? masked + rest : masked;
    },
    end: () => {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

function maskSeen(
  text: string,
  automaton: Automaton,
  mask: string,
): { readonly masked: string; readonly rest: string } {
  const decidable = text.length - (unfinished.exec(text)?.[0].length ?? 0);
  const { seen, places } = seenOf(text.slice(0, decidable));
  const matches: Match[] = [];
  const state = automaton.scan({ state: automaton.initial, offset: 0 }, seen, (match) => {
    // A longer match that ends later may begin before ones that were found: they are all within it.
    while ((matches.at(-1)?.start ?? -1) >= match.start) matches.pop();
    matches.push(match);
  });
  const decided = places[seen.length - automaton.pending(state)] ?? decidable;
  let masked = '';
  let at = 0;
  for (const { start, end } of matches) {
    const from = places[start] ?? 0;
    // The last character that is seen, without what follows it and isn't.
    const to = (places[end - 1] ?? 0) + 1;
    if (from >= at) masked += text.slice(at, from) + mask;
    at = Math.max(at, to);
  }
  const end = Math.max(at, decided);
  return { masked: masked + text.slice(at, end), rest: text.slice(end) };
}

/** What is seen of a text, and for each of its code units where that stands in the text. */
function seenOf(text: string): { readonly seen: string; readonly places: readonly number[] } {
  let seen = '';
  const places: number[] = [];
  let at = 0;
  const take = (to: number): void => {
    seen += text.slice(at, to);
    for (let place = at; place < to; place += 1) places.push(place);
  };
  for (const { index, 0: sequence } of text.matchAll(unseen)) {
    take(index);
    at = index + sequence.length;
  }
  take(text.length);
  return { seen, places };
}
