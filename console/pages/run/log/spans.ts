import Anser from 'anser';
import { lastWritten, plainLine } from '../../../../schemas/plain-text.ts';
import { onGround, onPage, rgbOf } from './colours.ts';

/** A piece of a line that looks alike. */
export interface Span {
  readonly text: string;
  /** What it looks like by the style sheet. */
  readonly classes: readonly string[];
  /** And by itself: colours that the style sheet doesn't have. */
  readonly style: { readonly color?: string; readonly background?: string };
}

/** SGR, also with the colons of ITU T.416. */
// oxlint-disable-next-line no-control-regex -- sequences begin with a control character
const appearance = /(\u001b\[[\d;:]*m)/u;

/**
 * A line of a log with its colours, as they can be read in both themes. What would move a cursor, reorder a text or hide in it isn't there:
 * a log is read, and not carried out. Of what was written over with carriage returns, the last is there.
 */
export function spansOf(line: string): readonly Span[] {
  const parts: readonly unknown[] = Anser.ansiToJson(withoutControls(line), { use_classes: true, remove_empty: true });
  // As they are: Anser's types leave out that there may be no colour, and that two are turned around.
  return parts.map((part) => spanOf(part as Part));
}

/** What Anser (2.3) gives. */
interface Part {
  readonly content: string;
  readonly fg: string | null;
  readonly bg: string | null;
  readonly fg_truecolor: string | null;
  readonly bg_truecolor: string | null;
  readonly isInverted: boolean;
  readonly decorations: readonly string[];
}

function spanOf({ content: text, fg, bg, decorations, ...more }: Part): Span {
  const decorated = decorations.map((one) => `ansi-${one}`);
  // With colours of the page, not with black on white, which may be what it has anyhow.
  if (more.isInverted && fg === 'ansi-black' && bg === 'ansi-white') {
    return { text, classes: [...decorated, 'ansi-reverse'], style: {} };
  }
  const [colour, ground] = [
    fg === null ? undefined : rgbOf(fg, more.fg_truecolor),
    bg === null ? undefined : rgbOf(bg, more.bg_truecolor),
  ];
  if (ground !== undefined) return { text, classes: decorated, style: onGround(colour, ground) };
  if (fg === null || colour === undefined) return { text, classes: decorated, style: {} };
  // Those that have names are the themes' own.
  const isNamed = !/^ansi-(?:truecolor|palette-)/u.test(fg);
  if (isNamed) return { text, classes: [fg, ...decorated], style: {} };
  return { text, classes: decorated, style: { color: onPage(colour) } };
}

function withoutControls(line: string): string {
  const [from, to] = lastWritten(line);
  // Colours that were chosen before it was written over still hold.
  const before = from === 0 ? [] : line.slice(0, from).split(appearance).filter(isAppearance);
  const shown = line
    .slice(from, to)
    .split(appearance)
    .map((part, index) => (isAppearance(part, index) ? part : plainLine(part)));
  return [...before, ...shown].map((part) => (part.startsWith('\u001b') ? withSemicolons(part) : part)).join('');
}

/** Splitting by a group has what it matched at every other place. */
function isAppearance(_: string, index: number): boolean {
  return index % 2 === 1;
}

/** `38:2::1:2:3` and `38:5:9` as most programs write them; underlines of all kinds are one, and other things with colons are none. */
function withSemicolons(sequence: string): string {
  if (!sequence.includes(':')) return sequence;
  const codes = sequence.slice(2, -1).split(';').map(plainCode);
  return `\u001b[${codes.filter((code) => code !== '').join(';')}m`;
}

function plainCode(code: string): string {
  if (!code.includes(':')) return code;
  const [kind = '', mode = '', ...rest] = code.split(':');
  if (kind === '4') return mode === '0' ? '24' : '4';
  if (kind !== '38' && kind !== '48') return '';
  if (mode === '5') return [kind, mode, rest[0]].join(';');
  return mode === '2' ? [kind, mode, ...rest.slice(-3)].join(';') : '';
}
