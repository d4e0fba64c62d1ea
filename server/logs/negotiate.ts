/** The media types that a `format=` means. */
export const formatTypes = {
  ndjson: 'application/x-ndjson',
  text: 'text/plain',
  sse: 'text/event-stream',
} as const;

/** What a stream can be read as. */
export type StreamFormat = keyof typeof formatTypes;

/**
 * The format that an `Accept` header (RFC 9110, 12.5.1) likes best among those that there are. The first of them where there is no
 * header or where it likes none: an answer that isn't asked for says more than none.
 */
export function negotiatedFormat<Format extends StreamFormat>(
  accept: string | undefined,
  formats: readonly [Format, ...Format[]],
): Format {
  const ranges = (accept ?? '').split(',').map(parseRange);
  const liked = formats.map((format) => ({ format, quality: qualityOf(formatTypes[format], ranges) }));
  const best = Math.max(...liked.map(({ quality }) => quality));
  return (best > 0 ? liked.find(({ quality }) => quality === best)?.format : undefined) ?? formats[0];
}

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

function parseRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const quality = weight === undefined ? 1 : Number(weight);
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The most specific range that covers a type decides. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const [main = ''] = type.split('/');
  for (const covering of [type, `${main}/*`, '*/*']) {
    const range = ranges.find((candidate) => candidate.type === covering);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
