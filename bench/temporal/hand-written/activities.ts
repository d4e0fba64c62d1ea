/** What the workflow that is written by hand has done: as little as the step that it is compared with. */
export interface Activities {
  /** The time, in ms since the epoch. */
  readonly now: () => Promise<number>;
}

export const activities: Activities = { now: async () => Date.now() };
