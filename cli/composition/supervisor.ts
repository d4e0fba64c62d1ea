import { type Policy, requiredConfinement } from '../../runtime/policy/index.ts';
import { createSupervisor, type Supervisor, systemPowers } from '../../runtime/supervisor/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { erasureFor } from './erasure.ts';
import { type SandboxEvents, tellingPowers, tellingSupervisor } from './sandbox-events.ts';

/** A supervisor of sandbox hosts with this machine's best confinement. `events` are told of what becomes of them. */
export async function openSupervisor(terminal: Terminal, events?: SandboxEvents): Promise<Supervisor> {
  const eraseTypes = erasureFor(terminal);
  if (events === undefined) return createSupervisor({ eraseTypes });
  return tellingSupervisor(await createSupervisor({ eraseTypes, powers: tellingPowers(systemPowers, events) }), events);
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
