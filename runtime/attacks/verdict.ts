import type { ConfinementLevel } from '../supervisor/api.ts';
import type { Attack } from './attack.ts';
import type { CanaryTokens } from './canaries.ts';
import { type Breach, breachesOf, type Observation } from './observation.ts';

/** What is to be said of an attack at one place of the matrix. */
export type Verdict =
  | { readonly kind: 'held' }
  /** It succeeded, as its folder says that this level lets it. */
  | { readonly kind: 'declared'; readonly breaches: readonly Breach[] }
  | { readonly kind: 'succeeded'; readonly breaches: readonly Breach[] }
  /** No oracle fired, but it didn't end as it ends where it is held: it may not have been tried at all. */
  | { readonly kind: 'unexpected'; readonly why: string };

/** Whether the attack was held. */
export function verdictOf(
  attack: Attack,
  level: ConfinementLevel,
  seen: { readonly observation: Observation; readonly tokens: CanaryTokens },
): Verdict {
  const { ends, messages } = seen.observation;
  const other = ends.findIndex((end) => !attack.ends.includes(end));
  const why = `it ended with ${ends[other]}, not with ${attack.ends.join(' or ')}: ${messages[other] ?? ''}`;
  const breaches = [
    ...breachesOf(seen.observation, seen.tokens),
    ...(attack.oracle === 'end' && other !== -1 ? [{ oracle: 'end', what: why } as const] : []),
  ];
  if (breaches.length > 0) {
    return { kind: attack.declared.levels.includes(level) ? 'declared' : 'succeeded', breaches };
  }
  return other === -1 ? { kind: 'held' } : { kind: 'unexpected', why };
}

/** Whether the matrix may hold it: nothing succeeds that wasn't declared, and nothing is believed that wasn't tried. */
export function isFine(verdict: Verdict): boolean {
  return verdict.kind === 'held' || verdict.kind === 'declared';
}
