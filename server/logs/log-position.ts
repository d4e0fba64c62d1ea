import { type LinePosition, parsePosition, positionPattern } from './position.ts';

/** How far a reader of a run's log has come in each of its sources; undefined: nothing of it. */
export type LogPosition = readonly (LinePosition | undefined)[];

/** Between the positions of sources, which are `12.3` or `12.3.9`. */
const separator = '~';
const each = positionPattern.slice(1, -1);

/** Of one source or two, in JSON Schema, too. */
export const logPositionPattern: string = `^(?:${each}(?:${separator}${each})?|${separator}${each})$`;
const pattern = new RegExp(logPositionPattern, 'u');

/** `12.3`, `12.3~4.1` or `~4.1`, for the position in the first source, in both, or in the second. */
export function logPositionText(places: readonly (string | undefined)[]): string {
  const last = places.findLastIndex((place) => place !== undefined);
  return places
    .slice(0, last + 1)
    .map((place) => place ?? '')
    .join(separator);
}

/** What {@link logPositionText} wrote; undefined for anything else. It may come from anybody, and misleads nobody but them. */
export function parseLogPosition(text: string): LogPosition | undefined {
  return pattern.test(text) ? text.split(separator).map(parsePosition) : undefined;
}
