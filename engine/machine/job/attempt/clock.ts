import { assertNever, type WaterflowError } from '../../../../schemas/index.ts';
import { timeoutGraceMs } from '../../limits.ts';
import { rootOf, sequenceOf, sequencesIn } from '../sequence/cursor.ts';
import type { ClockState } from '../state.ts';
import { changeAttempt, type JobTurn } from '../turn.ts';

/** How long the attempt may still take, in ms; at least 1. */
export function restOf(turn: JobTurn): number {
  const { clock } = turn.active.attempt;
  switch (clock.state) {
    case 'running':
      return Math.max(1, clock.due - turn.at);
    case 'resting':
      return clock.rest_ms;
    case 'stopped':
      return 1;
    default:
      return assertNever(clock);
  }
}

/** Lets the clock run while the attempt doesn't wait for others. Called once at the end of each event. */
export function settleClock(turn: JobTurn): void {
  const { clock, number } = turn.active.attempt;
  if (clock.state !== 'running' && clock.state !== 'resting') return;
  // What is left to clean up waits for nobody for longer than the grace, but a pause is no fault of the job.
  const rests = clock.of === 'timeout' || turn.active.pause !== undefined;
  const waits = rests && waitsForOthers(turn);
  if (clock.state === 'running' && waits) {
    turn.commands.push({ type: 'cancel_timer', timer: clock.timer });
    setClock(turn, { state: 'resting', of: clock.of, starts: clock.starts, rest_ms: restOf(turn) });
  } else if (clock.state === 'resting' && !waits) {
    const starts = clock.starts + 1;
    const timer = `${clock.of}/${number}/${starts}`;
    const due = turn.at + clock.rest_ms;
    turn.commands.push({ type: 'start_timer', timer, due });
    setClock(turn, { state: 'running', of: clock.of, starts, timer, due });
  }
}

/** It waits for an agent, or nothing goes on in it but waiting for signals, for secrets or for the end of a pause. */
function waitsForOthers(turn: JobTurn): boolean {
  if (turn.active.attempt.claim.state === 'requested') return true;
  for (const cursor of sequencesIn(rootOf(turn))) {
    const { current } = sequenceOf(cursor);
    switch (current.state) {
      case 'deciding':
      case 'ready':
      case 'awaiting':
        break;
      case 'inside':
        if (current.body.kind === 'for-each' && current.body.breath !== undefined) return false;
        break;
      case 'running':
        if (current.lacks === undefined) return false;
        break;
      case 'evaluating':
      case 'asking':
      case 'sleeping':
      case 'backing_off':
        return false;
      default:
        return assertNever(current);
    }
  }
  return true;
}

/** The timer of the job's own time has fired: what is left to `always()` steps is the time of grace. */
export function giveGrace(turn: JobTurn): void {
  setClock(turn, { state: 'resting', of: 'grace', starts: 0, rest_ms: timeoutGraceMs });
}

/** Stops the clock for good, withdrawing its timer. */
export function stopClock(turn: JobTurn): void {
  const { clock } = turn.active.attempt;
  if (clock.state === 'running') turn.commands.push({ type: 'cancel_timer', timer: clock.timer });
  setClock(turn, { state: 'stopped' });
}

/** The clock's own timer has fired, so that there is nothing to withdraw. */
export function clockRanOut(turn: JobTurn): void {
  setClock(turn, { state: 'stopped' });
}

/** The error of what ran when the job's time was up. */
export function jobTimeoutError(turn: JobTurn): WaterflowError {
  return {
    code: 'TIMEOUT',
    message: `the job took longer than its timeout-minutes allow (${turn.active.start.timeout_ms / 60_000})`,
    remedy: "Raise the job's timeout-minutes, or find out what takes so long.",
  };
}

function setClock(turn: JobTurn, clock: ClockState): void {
  changeAttempt(turn, { clock });
}
