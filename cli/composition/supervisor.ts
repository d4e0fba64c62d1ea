import { createSupervisor, type Supervisor } from '../../runtime/supervisor/index.ts';

/** A supervisor of sandbox hosts with this machine's best confinement. */
export function openSupervisor(): Promise<Supervisor> {
  return createSupervisor();
}
