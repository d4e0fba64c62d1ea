import type { Bench } from '../../figure.ts';
import { type ScenarioName, sizes } from '../scenarios.ts';

/** Somebody who takes part: a way to run Waterflow, or a peer. */
export interface Contestant {
  /** As records and the page have it. */
  readonly name: string;
  /** Brings it up for all scenarios. Throws, with the reason, where it can't be had on this machine. */
  readonly open: (bench: Bench) => Promise<Opened>;
}

/** Somebody who is ready. To dispose of it is to end all its processes. */
export interface Opened extends AsyncDisposable {
  readonly version: string;
  /** What it does in each scenario: takes one sample, in the scenario's unit, or says why not. Left out: it isn't of that kind. */
  readonly does: Readonly<Partial<Record<ScenarioName, (() => Promise<number>) | NotDone>>>;
}

/** Why a contestant takes no part in a scenario of its kind. */
export interface NotDone {
  readonly absent: string;
}

/** How long something takes, in ms. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** How many submissions a second are answered, by as many clients as the scenario has. */
export async function submissionsASecond(submit: () => Promise<void>): Promise<number> {
  let begun = 0;
  const client = async (): Promise<void> => {
    while (begun < sizes.submissions) {
      begun += 1;
      await submit();
    }
  };
  const milliseconds = await timed(() => Promise.all(Array.from({ length: sizes.submitters }, client)));
  return (1000 * sizes.submissions) / milliseconds;
}
