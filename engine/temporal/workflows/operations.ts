import { assertNever, type RunId, type WaterflowError } from '../../../schemas/index.ts';
import { notPaused, pausedAlready, runIsOver } from '../../driving/failures.ts';
import { askerOf } from '../../driving/operations.ts';
import { outstandingRunCommands, type RunState, signalProblem } from '../../machine/index.ts';
import type { Operation } from '../../port.ts';
import type { RunEvent, Untimed } from '../protocol.ts';

/** What keeps a run in a state from an operation; undefined where nothing does. */
export function problemOf(operation: Operation, run: RunId, state: RunState): WaterflowError | undefined {
  if (state.state === 'ended') return runIsOver(run).error;
  const isPaused = state.pause !== undefined;
  if (operation.kind === 'pause' && isPaused) return pausedAlready(run).error;
  if (operation.kind === 'resume' && !isPaused) return notPaused(run).error;
  if (operation.kind !== 'signal') return undefined;
  const awaited = outstandingRunCommands(state).flatMap((command) =>
    command.type === 'await_signal' ? [command.awaited] : [],
  );
  return signalProblem(awaited, operation.signal);
}

/** What a run's machine hears of an operation. */
export function eventOf(operation: Exclude<Operation, { readonly kind: 'terminate' }>): Untimed<RunEvent> {
  switch (operation.kind) {
    case 'cancel':
      return { type: 'cancel_requested', reason: `cancelled by ${askerOf(operation)}` };
    case 'pause':
      return { type: 'pause_requested', by: askerOf(operation) };
    case 'resume':
      return { type: 'resume_requested', by: askerOf(operation) };
    case 'signal':
      return { type: 'signal_received', signal: operation.signal };
    default:
      return assertNever(operation);
  }
}
