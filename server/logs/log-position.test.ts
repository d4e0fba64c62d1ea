import { describe, expect, it } from 'vitest';
import { logPositionText, parseLogPosition } from './log-position.ts';

describe('a position in the logs of a run', () => {
  it.each([
    [['12.3'], '12.3'],
    [['12.3', undefined], '12.3'],
    [['12.3.9', '4.1'], '12.3.9~4.1'],
    [[undefined, '4.1.2'], '~4.1.2'],
  ])('is written and read: %j', (places, text) => {
    expect(logPositionText(places)).toBe(text);
    const read = parseLogPosition(text);
    expect(read?.map((place) => place?.segment)).toEqual(
      places.slice(0, read?.length).map((place) => (place === undefined ? undefined : Number(place.split('.')[0]))),
    );
  });

  it.each(['', '~', '1.2~', '1.2~3.4~5.6', '1.2 ~3.4', 'x', '1.2.3.4', '~1'])('is not %j', (text) => {
    expect(parseLogPosition(text)).toBeUndefined();
  });
});
