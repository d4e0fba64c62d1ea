import { CallFailure, type CallScope } from '../capability.ts';
import type { ExecArgs } from './call.ts';
import type { KillGraces } from './powers.ts';

/**
 * What a call's program has between the signals: what the call asks for, within what the agent gives a step that is being cancelled; a part
 * that it leaves out is the agent's, as far as there is time left for it. Throws LIMIT_EXCEEDED where it asks for more than the agent gives.
 */
export function gracesOf(
  asked: ExecArgs['graces'],
  { cancel_grace_ms }: Pick<CallScope, 'cancel_grace_ms'>,
  usual: KillGraces,
): KillGraces {
  const given = gracesWithin(cancel_grace_ms, usual);
  if (asked === undefined) return given;
  const most = given.interrupt_ms + given.terminate_ms;
  const { interrupt_ms, terminate_ms } = asked;
  const sum = (interrupt_ms ?? 0) + (terminate_ms ?? 0);
  if (sum > most) {
    throw new CallFailure('LIMIT_EXCEEDED', `the graces are ${sum} ms together, and the agent gives ${most} ms`, {
      remedy: 'Ask for less, or raise `cancel-grace` of the agent.',
    });
  }
  return {
    interrupt_ms: interrupt_ms ?? Math.min(given.interrupt_ms, most - sum),
    terminate_ms: terminate_ms ?? Math.min(given.terminate_ms, most - sum),
  };
}

/** The usual ones in their parts, of another time; `usual` where none is given. */
function gracesWithin(ms: number | undefined, usual: KillGraces): KillGraces {
  if (ms === undefined) return usual;
  const terminate_ms = Math.floor(ms / 4);
  return { interrupt_ms: ms - terminate_ms, terminate_ms };
}
