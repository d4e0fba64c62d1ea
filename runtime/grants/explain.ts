import type { JsonObject } from '../../schemas/index.ts';
import { capabilities } from '../capabilities/table.ts';
import type { CapabilityGrant, Grant, GrantedRule, LayerName } from './api.ts';
import { entryInWords } from './entry-words.ts';

/** What a grant comes to, for `grants explain`, people and `--json`. */
export interface GrantExplanation {
  readonly plugin: {
    readonly name: string;
    readonly version: string;
    readonly digest: string;
    readonly origin: string;
  };
  readonly confinement: number;
  readonly limits: { readonly timeout_ms: number; readonly memory_bytes: number; readonly timeout_cap_ms?: number };
  readonly capabilities: readonly ExplainedCapability[];
  readonly always: readonly string[];
}

/**
 * `granted`: every layer lets through all that is requested; `narrowed`: a call must also match the layers in
 * `narrowed_by`; `refused`: those let nothing through; `not requested`: only a policy or a workflow speaks of it.
 */
export interface ExplainedCapability {
  readonly capability: string;
  readonly verdict: 'granted' | 'narrowed' | 'refused' | 'not requested';
  readonly narrowed_by: readonly LayerName[];
  readonly requested: readonly ExplainedRule[];
  readonly layers: readonly ExplainedLayer[];
  readonly denied: readonly ExplainedRule[];
  readonly dropped: readonly { readonly allows: string; readonly place: string; readonly why: string }[];
}

/** One layer in words. */
export interface ExplainedLayer {
  readonly layer: LayerName;
  readonly place: string;
  readonly rules: readonly ExplainedRule[];
}

/** A rule in words. */
export interface ExplainedRule {
  readonly allows: string;
  readonly place: string;
  readonly reason?: string;
}

/** Says what is requested, which layers narrow it, and what holds. Capabilities that nobody speaks of are left out. */
export function explain(grant: Grant): GrantExplanation {
  return {
    plugin: { ...grant.plugin, origin: grant.origin },
    confinement: grant.required_level,
    limits: grant.limits,
    capabilities: [...grant.capabilities]
      .map(([name, granted]) => explainCapability(grant, name, granted))
      .filter(({ requested, layers, denied, dropped }) => {
        const spoken = layers.some(({ rules }) => rules.length > 0);
        return requested.length > 0 || spoken || denied.length > 0 || dropped.length > 0;
      }),
    always: [...capabilities.values()].filter(({ ambient }) => ambient).map(({ name }) => name),
  };
}

/** The explanation as plain text, one fact a line. */
export function renderExplanation(explanation: GrantExplanation): string {
  const { plugin, limits } = explanation;
  const lines = [
    `${plugin.name} ${plugin.version} (${plugin.origin}) ${plugin.digest}`,
    `  sandbox: confinement level ${explanation.confinement} or higher, ${limits.memory_bytes / 1024 ** 2} MiB, ${limits.timeout_ms / 1000} s`,
  ];
  for (const capability of explanation.capabilities) {
    const by = capability.narrowed_by.length === 0 ? '' : ` by ${capability.narrowed_by.join(', ')}`;
    lines.push('', `${capability.capability}: ${capability.verdict}${by}`);
    for (const rule of capability.requested) lines.push(`  requests to ${describeRule(rule)}`);
    for (const layer of capability.layers.filter(({ layer: name }) => name !== 'manifest')) {
      lines.push(...describeLayer(layer, capability.requested));
    }
    for (const rule of capability.denied) lines.push(`  policy forbids to ${describeRule(rule)}`);
    for (const { allows, place, why } of capability.dropped)
      lines.push(`  not in force: ${onOneLine(allows)}  [${onOneLine(`${place}, since ${why}`)}]`);
  }
  if (explanation.capabilities.length === 0) lines.push('', 'It requests nothing.');
  lines.push('', `Always there: ${explanation.always.join(', ')}.`, '');
  return lines.join('\n');
}

/** The same as JSON, for `--json`. */
export function explanationToJson(explanation: GrantExplanation): JsonObject {
  // Plain data throughout; the round trip drops what is undefined.
  return JSON.parse(JSON.stringify(explanation)) as JsonObject;
}

function explainCapability(grant: Grant, name: string, granted: CapabilityGrant): ExplainedCapability {
  const explainRule = ({ rule, from, reason }: GrantedRule): ExplainedRule => ({
    allows: capabilities.get(name)?.explain(rule) ?? name,
    place: from.place,
    ...(reason === undefined ? {} : { reason }),
  });
  const layers = granted.layers.map(({ layer, place, rules }) => ({ layer, place, rules: rules.map(explainRule) }));
  const requested = layers.find(({ layer }) => layer === 'manifest')?.rules ?? [];
  const others = layers.filter(({ layer }) => layer !== 'manifest');
  const refusing = others.filter(({ rules }) => rules.length === 0);
  const narrowing = others.filter(({ rules }) => !covers(rules, requested));
  const forbids = granted.deny.length > 0;
  const verdict = verdictOf({
    requested: requested.length,
    refusing: refusing.length,
    narrowing: narrowing.length,
    forbids,
  });
  const narrowedBy = new Set([
    ...(refusing.length > 0 ? refusing : narrowing).map(({ layer }) => layer),
    ...(forbids ? ['policy' as const] : []),
  ]);
  return {
    capability: name,
    verdict,
    // Nobody narrows what isn't requested.
    narrowed_by: verdict === 'not requested' ? [] : [...narrowedBy],
    requested,
    layers,
    denied: granted.deny.map(explainRule),
    // A policy that allows what is requested drops the same entry again.
    dropped: grant.dropped
      .filter(({ capability, from }) => capability === name && from.layer === 'manifest')
      .map(({ from, why, entry }) => ({ allows: entryInWords(name, entry ?? {}), place: from.place, why })),
  };
}

function verdictOf(facts: {
  readonly requested: number;
  readonly refusing: number;
  readonly narrowing: number;
  readonly forbids: boolean;
}): ExplainedCapability['verdict'] {
  if (facts.requested === 0) return 'not requested';
  if (facts.refusing > 0) return 'refused';
  return facts.narrowing > 0 || facts.forbids ? 'narrowed' : 'granted';
}

/** Whether these rules say word for word all that is requested. Patterns that differ may meet, so they count as narrower. */
function covers(rules: readonly ExplainedRule[], requested: readonly ExplainedRule[]): boolean {
  const allowed = new Set(rules.map(({ allows }) => allows));
  return requested.every(({ allows }) => allowed.has(allows));
}

/** A layer's rules, or one line where it allows exactly what is requested, or nothing. */
function describeLayer(layer: ExplainedLayer, requested: readonly ExplainedRule[]): readonly string[] {
  if (layer.rules.length === 0) return [`  ${layer.layer} (${layer.place}) allows nothing`];
  const [first] = layer.rules;
  const same = layer.rules.length === requested.length && covers(layer.rules, requested);
  if (!same || first === undefined)
    return layer.rules.map((rule) => `  ${layer.layer} allows to ${describeRule(rule)}`);
  return [`  ${layer.layer} allows all of it  ${inBrackets(first)}`];
}

function describeRule(rule: ExplainedRule): string {
  return `${onOneLine(rule.allows)}  ${inBrackets(rule)}`;
}

function inBrackets({ place, reason }: ExplainedRule): string {
  return `[${onOneLine(reason === undefined ? place : `${place}: ${reason}`)}]`;
}

/** An author's words must not look like facts of their own, and whoever reads them decides whether to approve the plugin. */
function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
