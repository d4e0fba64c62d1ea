import { FairShares } from '../fair-shares.ts';
import type { ShedReason } from '../metrics/metrics.ts';
import { HttpProblem } from './problem.ts';

/** One holder has nine tenths of the streams at most. */
const greed = 9;

/** Places for what goes on for long: logs and events that are followed, and bodies that are sent as a stream. */
export interface StreamPlaces {
  /** A place, held until it is disposed of. Throws SERVER_UNAVAILABLE where all are taken, or this holder has its share. */
  take(holder: string): Disposable;
  readonly taken: number;
}

/** `most` places; `shed` is told of who got none. */
export function createStreamPlaces(most: number, shed: (reason: ShedReason) => void): StreamPlaces {
  const places = new FairShares(most, { greed });
  return {
    take(holder) {
      const place = places.take(holder);
      if (place !== undefined) return place;
      shed('streams');
      throw tooManyStreams();
    },
    get taken() {
      return places.taken;
    },
  };
}

function tooManyStreams(): HttpProblem {
  const message = 'there are too many streams already';
  const remedy = 'Try again later, or ask without following.';
  return new HttpProblem(503, { code: 'SERVER_UNAVAILABLE', message, remedy }, { headers: { 'Retry-After': '5' } });
}
