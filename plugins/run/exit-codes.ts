/** Codes from the first to the last, both of them included. */
interface Span {
  readonly first: number;
  readonly last: number;
}

/** The exit codes that are a success. */
export interface ExitCodes {
  includes(code: number): boolean;
  /** As a person reads it: `0, 10-19`. */
  readonly text: string;
}

/** What a program can exit with (POSIX: eight bits). */
const maxCode = 255;

/** Reads `success-codes`: a code, `10-19`, several as a list or with commas. Throws on anything else. */
export function readExitCodes(given: number | string | readonly (number | string)[]): ExitCodes {
  const parts = (Array.isArray(given) ? given : [given]).flatMap((item) => String(item).split(','));
  const spans = parts.map((part) => spanOf(part.trim()));
  return {
    includes: (code) => spans.some(({ first, last }) => code >= first && code <= last),
    text: spans.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', '),
  };
}

function spanOf(text: string): Span {
  const [, from, to = from] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || first > last || last > maxCode) {
    throw new Error(
      `success-codes: ${JSON.stringify(text)} is neither an exit code (0 to ${maxCode}) nor a span as 10-19`,
    );
  }
  return { first, last };
}
