/**
 * Where a line stands in a run's log: it is the `line`th that came of segment `segment`, when segments are read after `from`, where
 * no line was begun. With these three, reading goes on behind the line as if it had never stopped, however lines and segments overlap.
 */
export interface LinePosition {
  readonly segment: number;
  /** 1, 2, 3... */
  readonly line: number;
  readonly from: number;
}

/** In JSON Schema, too. */
export const positionPattern = '^(\\d{1,15})\\.(\\d{1,9})(?:\\.(\\d{1,15}))?$';
const pattern = new RegExp(positionPattern, 'u');

/** `12.3`, or `12.3.9` where reading has to begin earlier than at segment 12. */
export function positionText({ segment, line, from }: LinePosition): string {
  return from === segment - 1 ? `${segment}.${line}` : `${segment}.${line}.${from}`;
}

/** What {@link positionText} wrote; undefined for anything else. It may come from anybody, and misleads nobody but them. */
export function parsePosition(text: string): LinePosition | undefined {
  const [, segment, line, from] = pattern.exec(text) ?? [];
  if (segment === undefined || line === undefined) return undefined;
  const before = Math.max(0, Number(segment) - 1);
  return {
    segment: Number(segment),
    line: Number(line),
    from: from === undefined ? before : Math.min(before, Number(from)),
  };
}
