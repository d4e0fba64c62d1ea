import { plainLine } from '../../schemas/index.ts';
import { createCarrier, type SchedulerParts, spansOf } from './carry-out.ts';
import { decide } from './decide.ts';
import { createTimetable } from './timetable.ts';

/** Starts runs at the times of schedules. Several servers may have one over the same records: each start happens once. */
export interface Scheduler extends AsyncDisposable {
  /** From now on it does by itself what `tick` does, whenever something is due. */
  begin(): void;
  /** Carries out what is due now, the oldest first; true where more is to be done at once. */
  tick(): Promise<boolean>;
}

/** So often, in ms, it looks for schedules that were made or changed, and notices that the clock was set. No timer is longer. */
const pollMs = 5_000;
/** Schedules that are worked on at a time: what they write goes to the disk together. */
const mostAtOnce = 32;

/** The scheduler of a server. Nothing happens before `begin` or `tick`. */
export function createScheduler(parts: SchedulerParts): Scheduler {
  const { records, clock, log } = parts;
  const timetable = createTimetable();
  const carryOut = createCarrier(parts);
  let listedAt = Number.NEGATIVE_INFINITY;
  let working: Promise<unknown> = Promise.resolve();
  let takeBack: (() => void) | undefined;
  let isOver = false;

  const look = async (): Promise<void> => {
    const now = clock.now();
    const isRecent = now >= listedAt && now - listedAt < pollMs;
    if (isRecent) return;
    timetable.replace(await records.schedules.list(), now);
    listedAt = now;
  };

  const advance = async (id: string, now: number): Promise<void> => {
    const schedule = await records.schedules.get(id);
    if (schedule === undefined || schedule.paused) return timetable.remove(id);
    const decision = decide(schedule, await spansOf(parts, schedule), now);
    const isFirst = await carryOut(schedule, decision);
    if (decision.kind === 'wait') return timetable.wait(id, clock.now());
    const isDone = isFirst && (decision.kind === 'pass' || decision.kind === 'start');
    return timetable.set(isDone ? { ...schedule, done_until: decision.to } : schedule, clock.now());
  };

  const advanceOrWait = async (id: string, now: number): Promise<void> => {
    if (isOver) return;
    try {
      await advance(id, now);
    } catch (error) {
      // The others go on; this one is tried again.
      log.error('a schedule could not be carried out', { schedule: id, error: plainLine(String(error)) });
      timetable.wait(id, clock.now());
    }
  };

  /** One decision for each schedule that is due. All are of one time: where they are many, the last of them isn't late for that. */
  const work = async (): Promise<boolean> => {
    await look();
    const now = clock.now();
    const due = timetable.due(now);
    for (let done = 0; done < due.length; done += mostAtOnce) {
      await Promise.all(due.slice(done, done + mostAtOnce).map((id) => advanceOrWait(id, now)));
    }
    return timetable.due(clock.now()).length > 0;
  };

  const tick = (): Promise<boolean> => {
    const turn = working.then(work);
    working = turn.catch(() => undefined);
    return turn;
  };

  const goOn = async (): Promise<void> => {
    let isMore = false;
    try {
      isMore = await tick();
    } catch (error) {
      log.error('schedules could not be read', { error: plainLine(String(error)) });
    }
    if (isOver) return;
    takeBack = clock.after(isMore ? 0 : timetable.rest(clock.now(), pollMs), () => void goOn());
  };

  return {
    begin: () => void goOn(),
    tick,
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      takeBack?.();
      await working;
    },
  };
}
