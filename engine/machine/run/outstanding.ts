import { assertNever } from '../../../schemas/index.ts';
import type { RunCommand } from './protocol.ts';
import type { Cell, RunState } from './state.ts';

/**
 * The commands that were issued and neither answered nor withdrawn, in an order in which they may be issued again: what a driver
 * that comes back after a crash must take care of. A run that ended has its finish_run left.
 */
export function outstandingRunCommands(state: RunState): readonly RunCommand[] {
  switch (state.state) {
    case 'created':
      return [];
    case 'running':
      return state.jobs.flatMap((node) => (node.state === 'spread' ? node.cells.flatMap(commandsOf) : []));
    case 'ended': {
      const { status, error } = state;
      return [{ type: 'finish_run', status, ...(error === undefined ? {} : { error }) }];
    }
    default:
      return assertNever(state);
  }
}

function commandsOf({ key, stage }: Cell): readonly RunCommand[] {
  if (stage.state !== 'running') return [];
  const start: RunCommand = { type: 'start_job', job: key, start: stage.start };
  return stage.cancelled === undefined ? [start] : [start, { type: 'cancel_job', job: key, reason: stage.cancelled }];
}
