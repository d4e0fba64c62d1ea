import type { WaterflowError } from '../../schemas/index.ts';
import { cancelledError, type RunState } from '../machine/index.ts';
import { killedError } from './failures.ts';

/** Why a run ended as it did, where that isn't a matter of its jobs: of one that was cancelled, by whom and why. */
export function errorOfEnd({
  error,
  status,
  workflow,
}: Extract<RunState, { readonly state: 'ended' }>): WaterflowError | undefined {
  if (error !== undefined) return error;
  return status === 'cancelled' && workflow.cancel !== undefined ? cancelledError(workflow.cancel.reason) : undefined;
}

/** The same of a run that was killed. `reason`: by whom, and why, where that is known. */
export function errorOfKill(reason: string | undefined): WaterflowError {
  return reason === undefined ? killedError : { ...killedError, message: `${killedError.message}: ${reason}` };
}
