import { hash as hashOnce } from 'node:crypto';
import type { AuditEnd, AuditLog, AuditStart } from '../../runtime/audit/api.ts';
import type { AuditSubject } from '../../runtime/audit/index.ts';
import type { GrantedRule } from '../../runtime/grants/api.ts';
import type { Grant } from '../../runtime/grants/index.ts';
import type { ConfinementLevel, InvocationOutcome } from '../../runtime/supervisor/api.ts';
import type { StepTask } from '../../schemas/index.ts';
import type { HostCalls } from './host-calls.ts';

/** The record of one invocation, from before its guest is started to after it is gone. */
export interface InvocationRecord {
  /** For whom it is, as those of its calls say, too. */
  readonly subject: AuditSubject;
  /** Its entry, which those of its calls name. */
  readonly sequence: number;
  /** Once; what the supervisor itself failed with counts as its outcome. */
  ended(outcome: InvocationOutcome | { readonly kind: 'failed' }, calls: HostCalls): void;
}

/** Records that a plugin is about to be started. Throws WaterflowFailure where that can't be written: then it must not be. */
export function recordInvocation(
  { tenant, run, job, step, attempt }: StepTask,
  powers: {
    readonly audit: AuditLog;
    readonly clock: { now(): number };
    readonly grant: Grant;
    /** At which the guest will be confined. */
    readonly level: ConfinementLevel;
    readonly limits: AuditStart['limits'];
    /** Names of those that the step was given. */
    readonly secrets: readonly string[];
    /** Those of them that providers gave. */
    readonly provided: NonNullable<AuditStart['provided']>;
  },
): InvocationRecord {
  const { audit, clock, grant, level, limits, secrets, provided } = powers;
  const startedAt = clock.now();
  const subject = { tenant, run, job, step, attempt, plugin: grant.plugin };
  const sequence = audit.started({
    at: startedAt,
    ...subject,
    grant: digestOfGrant(grant),
    confinement: { level, required: grant.required_level },
    limits,
    secrets,
    ...(provided.length === 0 ? {} : { provided }),
  });
  return {
    subject,
    sequence,
    ended: (outcome, calls) => {
      audit.ended({
        at: clock.now(),
        invocation: sequence,
        outcome: outcome.kind,
        ...killedBy(outcome),
        duration_ms: clock.now() - startedAt,
        calls: calls.counts(),
        secrets: calls.secretsUsed(),
      });
    },
  };
}

/** Two invocations with the same digest were allowed the same, by the same rules. */
function digestOfGrant({ plugin, limits, required_level, capabilities }: Grant): string {
  // JSON has no line breaks, so lines say the same as a tree of it.
  let text = `${JSON.stringify([plugin, limits, required_level])}\n`;
  const add = (rules: readonly GrantedRule[]): void => {
    for (const { rule, from } of rules) {
      text += `rule ${from.layer} ${JSON.stringify(from.place)} ${digestOfRule(rule)}\n`;
    }
  };
  for (const [name, { layers, deny }] of capabilities) {
    text += `capability ${JSON.stringify(name)}\n`;
    for (const { layer, place, rules } of layers) {
      text += `layer ${layer} ${JSON.stringify(place)}\n`;
      add(rules);
    }
    text += 'deny\n';
    add(deny);
  }
  return `sha256:${hashOnce('sha256', text, 'hex')}`;
}

/** Rules without expressions are the same objects in every grant, and a policy may have hundreds. */
const ruleDigests = new WeakMap<object, string>();

function digestOfRule(rule: unknown): string {
  const known = typeof rule === 'object' && rule !== null ? rule : {};
  let digest = ruleDigests.get(known);
  if (digest === undefined) {
    const text = JSON.stringify([rule], (_, value: unknown) =>
      value instanceof Map || value instanceof Set ? [...value] : value instanceof RegExp ? value.source : value,
    );
    digest = hashOnce('sha256', text, 'hex');
    ruleDigests.set(known, digest);
  }
  return digest;
}

/** What ends a guest from outside; all else a plugin can do to itself. */
const killers: ReadonlySet<string> = new Set([
  'TIMEOUT',
  'OUT_OF_MEMORY',
  'LIMIT_EXCEEDED',
  'OUTPUT_TOO_LARGE',
  'SANDBOX_CRASHED',
]);

function killedBy(outcome: Parameters<InvocationRecord['ended']>[0]): Pick<AuditEnd, 'killed_by'> {
  if (!('error' in outcome)) {
    return {};
  }
  const { code } = outcome.error;
  return killers.has(code) ? { killed_by: code } : {};
}
