import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What the workflow that is written by hand has done: as little as the step that it is compared with. */
export interface Activities {
  /** The time, in ms since the epoch. */
  readonly now: () => Promise<number>;
  /** A script; throws where it fails. */
  readonly script: (command: string) => Promise<void>;
}

const execute = promisify(execFile);

export const activities: Activities = {
  now: async () => Date.now(),
  script: async (command) => void (await execute('sh', ['-c', command])),
};
