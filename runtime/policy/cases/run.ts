import { assertNever, type WaterflowError } from '../../../schemas/index.ts';
import type { GrantRequest } from '../../grants/api.ts';
import { type CallExplanation, explainCall } from '../../grants/explain-call.ts';
import type { Policy } from '../api.ts';
import { applicableRules } from '../evaluate.ts';
import { whenContext } from '../when.ts';
import type { PolicyCase } from './read.ts';

/** What came of one case. */
export interface CaseResult {
  readonly name: string;
  readonly line: number;
  readonly passed: boolean;
  readonly expected: 'allowed' | 'denied';
  readonly decision: 'allowed' | 'denied';
  /** Why: what each layer said, or the error for which nothing was asked. */
  readonly because: readonly string[];
  /** The lines of the policy that decided: an entry's, or a rule's. */
  readonly rules: readonly number[];
  /** Set where the decision is as expected but another rule made it. */
  readonly expected_rule?: number;
}

/** All cases, and which rules of the policy none of them was about. */
export interface CasesReport {
  readonly cases: readonly CaseResult[];
  readonly untested: readonly { readonly line: number; readonly plugin: string }[];
}

/** Asks the policy about each case. */
export function runCases(policy: Policy, cases: readonly PolicyCase[]): CasesReport {
  const tested = new Set<number>();
  const results = cases.map((one) => runCase(policy, one, tested));
  const untested = policy.content.rules.flatMap(({ plugin }, index) =>
    tested.has(index) ? [] : [{ line: policy.lines[index] ?? 1, plugin }],
  );
  return { cases: results, untested };
}

/** The policy's part in a decision. */
interface Deciding {
  readonly decision: 'allowed' | 'denied';
  readonly because: readonly string[];
  /** Each with the line of its entry and that of its rule. */
  readonly rules: readonly { readonly line: number; readonly index: number }[];
}

function runCase(policy: Policy, one: PolicyCase, tested: Set<number>): CaseResult {
  const request: GrantRequest = { ...one, policy, layers: [] };
  const explained = explainCall(request, one.call);
  const { decision, because, rules } =
    'error' in explained ? notDecided(explained.error) : decided(explained.explanation);
  for (const { index } of rules) tested.add(index);
  for (const index of boundingRules(policy, one)) tested.add(index);
  const isDecider =
    one.rule === undefined || rules.some(({ line, index }) => [line, policy.lines[index]].includes(one.rule));
  return {
    name: one.name,
    line: one.line,
    passed: decision === one.expect && isDecider,
    expected: one.expect,
    decision,
    because,
    rules: [...new Set(rules.map(({ line }) => line))],
    ...(isDecider || one.rule === undefined ? {} : { expected_rule: one.rule }),
  };
}

/** A condition that can't be decided, or an input that can't stand where it should: nothing is allowed then. */
function notDecided({ message }: WaterflowError): Deciding {
  return { decision: 'denied', because: [message], rules: [] };
}

function decided({ decision, layers }: CallExplanation): Deciding {
  if (layers.length === 0) return { decision, because: ['it is always there'], rules: [] };
  const rules = layers.flatMap((verdict) =>
    verdict.layer !== 'policy' || verdict.verdict === 'refuses'
      ? []
      : verdict.rules.map(({ line = 1, policy_rule: index = 0 }) => ({ line, index })),
  );
  const because = layers.flatMap((verdict): readonly string[] => {
    switch (verdict.verdict) {
      case 'allows':
        // What is requested is the case's own, and speaks only against it.
        return verdict.layer === 'manifest' ? [] : verdict.rules.map(({ place, says }) => `${place} allows to ${says}`);
      case 'forbids':
        return verdict.rules.map(({ place, says }) => `${place} forbids to ${says}`);
      case 'refuses':
        return [
          `${verdict.layer === 'manifest' ? 'what is requested' : verdict.place} doesn't allow it: ${verdict.why}`,
        ];
      default:
        return assertNever(verdict);
    }
  });
  return { decision, because, rules };
}

/** Rules that allow and deny nothing, but bound the plugin of this case. */
function boundingRules(policy: Policy, { plugin, subject, inputs }: PolicyCase): readonly number[] {
  const found = applicableRules(policy, plugin, whenContext({ plugin, subject, inputs }));
  if ('error' in found) return [];
  return found.applicable.rules
    .filter(({ allow, deny }) => allow === undefined && deny === undefined)
    .map(({ index }) => index);
}
