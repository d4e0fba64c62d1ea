/**
 * Finds a text of ASCII in what is shown of another one (`plainLines`), without regard to case, without making that: an escape sequence,
 * a control or an invisible character may stand between any two characters. It finds too much, as where something else that isn't ASCII
 * stands there, and never too little. A place in a text can be read in one way only, so it takes no time by the square of anything.
 */
export function patternFor(search: string): RegExp | undefined {
  if (!/^[\u0020-\u007e]+$/u.test(search)) return undefined;
  // A tab is shown as four blanks.
  const parts = search.match(/ +|[^ ]/gu) ?? [];
  return new RegExp(
    parts.map((part) => (part.startsWith(' ') ? blanks(part.length) : character(part))).join(hidden),
    'u',
  );
}

const csi = String.raw`\[[0-?]*[ -\/]*[@-~]`;
const osc = String.raw`\][^\u0007\u001b\n]*(?![^\u0007\u001b\n])(?:\u0007|\u001b\\|(?!\u0007|\u001b\\))`;
/** What `plainLines` removes, and other characters that aren't ASCII but for the two that are in lower case. */
const hidden: string = String.raw`(?:\u001b(?:${csi}|(?!${csi})(?:${osc}|(?!\]).|(?!.)))|[^\u001b\n\t\u0020-\u007e\u0130\u212a])*`;

function blanks(count: number): string {
  return String.raw`[ \t](?:${hidden}[ \t]){0,${count - 1}}`;
}

/** In both cases: of what isn't ASCII, two are in lower case, `toLowerCase()` says. */
function character(one: string): string {
  if (!/[a-z]/iu.test(one)) return `\\u{${one.charCodeAt(0).toString(16)}}`;
  const [lower, upper] = [one.toLowerCase(), one.toUpperCase()];
  return `[${lower}${upper}${lower === 'i' ? '\\u0130' : ''}${lower === 'k' ? '\\u212a' : ''}]`;
}
