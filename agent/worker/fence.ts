/** What a fence is made with. */
export interface FenceParts {
  /** Tells Temporal that the activity goes on. `gone`: Temporal waits for it no more. Rejects where Temporal isn't reached. */
  readonly beat: () => Promise<'heard' | 'gone'>;
  /** After so long without a word Temporal has the job go on elsewhere, in ms. */
  readonly lostAfterMs: number;
  /** In ms, of a clock that is never set. */
  readonly now: () => number;
}

/** Watches over one activity until it is disposed of. */
export interface Fence extends Disposable {
  /** Aborts when what the activity does must end at once: Temporal may give it to another agent soon, or already has. */
  readonly lost: AbortSignal;
}

/** What lies between the end of the processes here and their start elsewhere, in ms, if so much is there at all. */
const marginMs = 10_000;
const leastBeatMs = 250;
const mostBeatMs = 10_000;

/**
 * Ends a step on this machine before Temporal may have it started on another one. What counts is when a message was sent that Temporal has
 * confirmed: its own time can only begin after that. The SDK's heartbeats don't tell whether they arrived.
 */
export function createFence({ beat, lostAfterMs, now }: FenceParts): Fence {
  const lost = new AbortController();
  const limit = lostAfterMs - Math.min(marginMs, lostAfterMs / 4);
  let heard = now();
  let last = Number.NEGATIVE_INFINITY;
  const beatMs = Math.min(mostBeatMs, Math.max(leastBeatMs, lostAfterMs / 8));
  const ask = async (at: number): Promise<void> => {
    try {
      if ((await beat()) === 'gone') lost.abort('lost');
      else heard = Math.max(heard, at);
    } catch {
      // Not reached: time goes on.
    }
  };
  const look = (): void => {
    const at = now();
    if (at - heard >= limit) return lost.abort('lost');
    if (at - last < beatMs) return;
    last = at;
    void ask(at);
  };
  const timer = setInterval(look, Math.min(beatMs, 1000) / 2);
  return { lost: lost.signal, [Symbol.dispose]: () => clearInterval(timer) };
}
