import { WaterflowFailure } from '../../schemas/index.ts';
import type { BlobRange } from './port.ts';

/** INVALID_INPUT for positions that are no whole numbers from 0 on, or in the wrong order. */
export function requireRange(range: BlobRange): void {
  const { from, until = Number.MAX_SAFE_INTEGER } = range;
  if (Number.isSafeInteger(from) && Number.isSafeInteger(until) && from >= 0 && until >= from) return;
  throw new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `there are no bytes from ${from} until ${until}`,
    remedy: 'Ask for bytes from a position, counted from 0, until a later one.',
  });
}
