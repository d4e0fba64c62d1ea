import { createSupervisor, type Supervisor } from '../../runtime/supervisor/index.ts';
import type { Terminal } from '../terminal.ts';
import { erasureFor } from './erasure.ts';

/** A supervisor of sandbox hosts with this machine's best confinement. */
export function openSupervisor(terminal: Terminal): Promise<Supervisor> {
  return createSupervisor({ eraseTypes: erasureFor(terminal) });
}
