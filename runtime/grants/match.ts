import type { Check, Operation } from '../capabilities/capability.ts';
import type { HostCall } from '../host-call.ts';
import type { CapabilityGrant, GrantedRule, GrantLayer, RuleReference } from './api.ts';
import { widest } from './breadth.ts';

/** What one layer says to one demand: the rule that meets it, or why none does. */
export type LayerAnswer = { readonly rule: GrantedRule } | { readonly refusal: Refusal };

/** `check` is what the rule said that came nearest; undefined where the layer has none. */
export interface Refusal {
  readonly from: RuleReference;
  readonly check: RefusedCheck | undefined;
}

type RefusedCheck = Exclude<Check, { readonly matches: true }>;

/** What a call needs, one by one; a call that would need nothing at all needs a rule all the same. */
export function demandsOf(operation: Operation, call: HostCall): readonly unknown[] {
  const demands = operation.demands?.(call.args) ?? [call.args];
  return demands.length === 0 ? [call.args] : demands;
}

/** The policy's deny rule that takes the demand, if any. */
export function forbiddingRule(
  granted: CapabilityGrant,
  operation: Operation,
  demand: unknown,
): GrantedRule | undefined {
  return granted.deny.find(({ rule }) => operation.denies?.(rule, demand) ?? operation.check(rule, demand).matches);
}

/** The widest rule of the layer that meets the demand; else what the rule said that came nearest. */
export function matchLayer(layer: GrantLayer, operation: Operation, demand: unknown): LayerAnswer {
  const matching: GrantedRule[] = [];
  const refusals: RefusedCheck[] = [];
  for (const rule of layer.rules) {
    const check = operation.check(rule.rule, demand);
    if (check.matches) matching.push(rule);
    else refusals.push(check);
  }
  const rule = widest(matching);
  if (rule !== undefined) return { rule };
  // With several rules none of them alone is to blame.
  const [only] = layer.rules.length === 1 ? layer.rules : [];
  return { refusal: { from: only?.from ?? { layer: layer.layer, place: layer.place }, check: nearest(refusals) } };
}

/** Of those that are equally near the first. */
function nearest(refusals: readonly RefusedCheck[]): RefusedCheck | undefined {
  let [found] = refusals;
  let most = found?.met ?? 0;
  for (const refusal of refusals) {
    const met = refusal.met ?? 0;
    if (met > most) [found, most] = [refusal, met];
  }
  return found;
}

/** Why the layer refused: what its one entry said; of several none alone is to blame. Undefined where it has no entry. */
export function whyRefused({ rules }: GrantLayer, { check }: Refusal): string | undefined {
  if (check === undefined || rules.length === 1) return check?.why;
  return `none of its ${rules.length} entries allows it; of the nearest: ${check.why}`;
}
