import { type Policy, requiredConfinement } from '../../runtime/policy/index.ts';
import { createSupervisor, type Supervisor } from '../../runtime/supervisor/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { erasureFor } from './erasure.ts';

/** A supervisor of sandbox hosts with this machine's best confinement. */
export function openSupervisor(terminal: Terminal): Promise<Supervisor> {
  return createSupervisor({ eraseTypes: erasureFor(terminal) });
}

/** An agent below the level that its policy requires doesn't start: throws WaterflowFailure CONFINEMENT_UNAVAILABLE. */
export function requireConfinement(policy: Policy, { level, missing }: Pick<Supervisor, 'level' | 'missing'>): void {
  const required = requiredConfinement(policy.content);
  if (required <= level) return;
  throw new WaterflowFailure({
    code: 'CONFINEMENT_UNAVAILABLE',
    message: `the policy ${policy.file} requires confinement level ${required}, and this machine gives ${level}: ${missing.join('; ')}`,
    remedy:
      'Run `waterflow doctor` for the fix of what is missing, or lower `require.confinement` in the policy knowingly. Nothing was run.',
    rule: `policy ${policy.file} require.confinement`,
  });
}
