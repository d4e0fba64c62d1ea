/** A part of a format text: literal text, or the position of the argument that stands there. */
export type FormatPart = string | number;

/** A format text taken apart, or what is wrong with it. */
export type ParsedFormat = { readonly parts: readonly FormatPart[] } | { readonly wrong: string };

/** `{{`, `}}`, `{` with digits up to `}` (a colon before it is allowed), or a run of anything but braces. */
const partPattern = /\{\{|\}\}|\{(\d+):?\}|[^{}]+/gy;
/** The runner reads the position into a byte. */
const largestPosition = 255;

/** Takes a format text of `format()` apart: `{0}` is an argument, `{{` and `}}` are braces, any other brace is wrong. */
export function parseFormat(text: string): ParsedFormat {
  const parts: FormatPart[] = [];
  partPattern.lastIndex = 0;
  let end = 0;
  for (let match = partPattern.exec(text); match !== null; match = partPattern.exec(text)) {
    end = partPattern.lastIndex;
    const [part, digits] = match;
    if (digits !== undefined) {
      if (Number(digits) > largestPosition) return { wrong: part };
      parts.push(Number(digits));
    } else parts.push(part === '{{' ? '{' : part === '}}' ? '}' : part);
  }
  return end === text.length ? { parts } : { wrong: text.slice(end) };
}
