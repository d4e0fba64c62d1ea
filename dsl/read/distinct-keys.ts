import { quote } from '../quote.ts';
import type { MappingEntry } from '../tree/node.ts';
import type { Reading } from './reading.ts';

/**
 * Tells, of one key of a mapping after the other, whether it is new. One that differs from an earlier one in letter case alone is
 * reported: no expression could tell the two apart. `what` they are stands in the message: `jobs`.
 */
export function distinctKeys(reading: Reading, what: string): (entry: MappingEntry) => boolean {
  const known = new Map<string, string>();
  return ({ key, keySpan }) => {
    const earlier = known.get(key.toLowerCase());
    known.set(key.toLowerCase(), key);
    if (earlier === undefined) return true;
    reading.report.error(keySpan, {
      code: 'DUPLICATE_ID',
      message: `the ${what} ${quote(key)} and ${quote(earlier)} are one: letter case doesn't count`,
      remedy: 'Rename one of them.',
    });
    return false;
  };
}
