import { errorKinds, WaterflowFailure } from '../../schemas/index.ts';
import { HttpProblem } from '../http/problem.ts';

/**
 * True for what says that nothing was done. False where nobody knows: machinery that broke, or did not answer in time, may have carried
 * out what it was asked for.
 */
export function saysNothingWasDone(cause: unknown): boolean {
  if (cause instanceof HttpProblem) return cause.status < 500;
  return cause instanceof WaterflowFailure && errorKinds[cause.error.code] === 'input';
}
