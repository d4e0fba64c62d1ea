import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { Supervisor } from '../supervisor/api.ts';
import { createSupervisor, type SupervisorOptions } from '../supervisor/index.ts';

/** A supervisor for the test that calls this; its processes are gone when that test is over, however it ends. */
export async function startSupervisor(options: SupervisorOptions = {}): Promise<Supervisor> {
  const supervisor = await createSupervisor(options);
  onTestFinished(() => supervisor[Symbol.asyncDispose]());
  return supervisor;
}

/** The supervisor of all tests of a file, since one starts processes: begun before the first, disposed of after the last. */
export function sharedSupervisor(): () => Supervisor {
  let supervisor: Supervisor | undefined;
  beforeAll(async () => {
    supervisor = await createSupervisor();
  });
  afterAll(() => supervisor?.[Symbol.asyncDispose]());
  return () => {
    if (supervisor === undefined) throw new TypeError('only tests and their hooks have a supervisor');
    return supervisor;
  };
}
