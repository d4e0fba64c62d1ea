import type { Entries, PolicyFile, Rule } from '../../schemas/generated/policy.ts';
import { parseDuration, parseSize, type WaterflowError } from '../../schemas/index.ts';
import type { Policy } from './api.ts';
import { type Bound, boundsOf, leastBounds } from './bounds.ts';
import { type SelectedPlugin, selects } from './selector.ts';
import { evaluateWhen, type WhenContext } from './when.ts';

/** The rules that are about one invocation, and the caps that they put on it. */
export interface ApplicableRules {
  readonly rules: readonly ApplicableRule[];
  /** The least of what these rules say; undefined where none says anything. */
  readonly timeout_ms: number | undefined;
  readonly memory_bytes: number | undefined;
  /** The other limits, of each the least. */
  readonly bounds: readonly Bound[];
  /** `workspace` where any of these rules says so. */
  readonly profile: 'workspace' | 'host' | undefined;
  /** Whether any of these rules says so. */
  readonly deterministic: boolean;
}

/** A rule with its place, e.g. `policies/default.yaml:14`. */
export interface ApplicableRule {
  readonly index: number;
  readonly place: string;
  readonly line: number;
  readonly allow: 'requested' | Entries | undefined;
  readonly deny: Entries | undefined;
  readonly reason: string | undefined;
}

/** The least confinement where a policy says nothing: what every supported machine gives. */
export const defaultConfinement = 1;

/**
 * The policy's rules for this plugin in this place, in file order. A condition that can't be evaluated stops the
 * invocation (DENIED): it might have been the one that forbids.
 */
export function applicableRules(
  policy: Policy,
  plugin: SelectedPlugin,
  context: WhenContext,
): { readonly applicable: ApplicableRules } | { readonly error: WaterflowError } {
  const found: Rule[] = [];
  const rules: ApplicableRule[] = [];
  const bounds: Bound[] = [];
  for (const [index, rule] of policy.content.rules.entries()) {
    if (!selects(rule.plugin, plugin)) continue;
    const line = policy.lines[index] ?? 1;
    const place = `${policy.file}:${line}`;
    if (rule.when !== undefined) {
      const answer = evaluateWhen(rule.when, context);
      if ('problem' in answer) return { error: undecidable(place, rule.when, answer.problem) };
      if (!answer.holds) continue;
    }
    found.push(rule);
    bounds.push(...boundsOf(rule.limits, `policy ${place}`));
    rules.push({ index, place, line, allow: rule.allow, deny: rule.deny, reason: rule.reason });
  }
  const profiles = found.flatMap((rule) => rule.profile ?? []);
  return {
    applicable: {
      rules,
      timeout_ms: least(found.flatMap((rule) => parseDuration(rule.limits?.timeout ?? '') ?? [])),
      memory_bytes: least(found.flatMap((rule) => parseSize(rule.limits?.memory ?? '') ?? [])),
      bounds: leastBounds(bounds),
      profile: profiles.includes('workspace') ? 'workspace' : profiles[0],
      deterministic: found.some((rule) => rule.deterministic === true),
    },
  };
}

/** What the policy requires of every sandbox. */
export function requiredConfinement(content: PolicyFile): number {
  return content.require?.confinement ?? defaultConfinement;
}

function least(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values);
}

function undecidable(place: string, condition: string, problem: string): WaterflowError {
  return {
    code: 'DENIED',
    message: `the policy's condition \`${condition}\` can't be evaluated: ${problem}`,
    remedy: 'Correct the condition. Until then nothing is allowed where it would have to be decided.',
    rule: `policy ${place}`,
  };
}
