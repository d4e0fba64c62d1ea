import type { PlannedJob, PlannedStep } from '../../../../schemas/index.ts';
import { countOf } from '../../chunks.ts';
import type { JobState } from '../state.ts';
import { newSequence, type Sequence } from './sequence.ts';

/** A sequence of a state, with its steps as planned and what stands before their keys. */
export interface Place {
  readonly sequence: Sequence;
  readonly steps: readonly PlannedStep[];
  readonly prefix: string;
}

/** The sequence of the job's own steps. */
export function rootPlace({ steps }: PlannedJob, state: JobState): Place {
  switch (state.state) {
    case 'created':
      return { sequence: newSequence, steps, prefix: '' };
    case 'running':
      return { sequence: state.attempt.sequence, steps, prefix: '' };
    default:
      return { sequence: { ...newSequence, steps: state.steps }, steps, prefix: '' };
  }
}

/** The sequences inside of the step that this one is at. */
export function childrenIn({ sequence, steps, prefix }: Place): readonly Place[] {
  const { current } = sequence;
  const holder = steps[countOf(sequence.steps)];
  if (current.state !== 'inside' || holder?.body === undefined) return [];
  const { body } = current;
  const { body: planned } = holder;
  if (body.kind === 'if' && planned.kind === 'if') {
    return [{ sequence: body.sequence, steps: planned[body.branch], prefix: `${prefix}${holder.key}.` }];
  }
  if (body.kind !== 'for-each' || planned.kind !== 'for-each') return [];
  return body.flights.map((flight) => ({
    sequence: flight.sequence,
    steps: planned.steps,
    prefix: `${prefix}${holder.key}[${flight.index}].`,
  }));
}
