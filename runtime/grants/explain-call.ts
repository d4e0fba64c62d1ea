import { assertNever, type JsonObject, type WaterflowError } from '../../schemas/index.ts';
import type { MailRule } from '../capabilities/mail/rule.ts';
import { secretsOfLogin } from '../capabilities/ssh/login.ts';
import type { SshRule } from '../capabilities/ssh/rule.ts';
import { capabilities } from '../capabilities/table.ts';
import type { HostCall } from '../host-call.ts';
import type { Grant, GrantLayer, GrantRequest, LayerName, RuleReference } from './api.ts';
import { authorize } from './authorize.ts';
import { computeGrant } from './compute-grant.ts';
import { demandsOf, forbiddingRule, matchLayer, type Refusal, whyRefused } from './match.ts';
import type { Observation } from './observation.ts';
import { type Tightest, tightestEntry } from './tightest.ts';

/** What one layer says to a call. `allows` names the entries that let it through, one for each thing that it needs. */
export type LayerVerdict = { readonly layer: LayerName; readonly place: string } & (
  | { readonly verdict: 'allows'; readonly rules: readonly ExplainedReference[] }
  | { readonly verdict: 'forbids'; readonly rules: readonly ExplainedReference[] }
  | { readonly verdict: 'refuses'; readonly why: string; readonly remedy?: string }
);

/** An entry, in words. */
export interface ExplainedReference extends RuleReference {
  readonly says: string;
}

/** What would have to change in one layer, and nothing else there. */
export type Change = {
  readonly layer: LayerName;
  readonly place: string;
} /** `approving`: to approve the plugin would do instead. */ & (
  | { readonly kind: 'add entry'; readonly capability: string; readonly entry: JsonObject; readonly approving: boolean }
  | { readonly kind: 'remove deny'; readonly rule: ExplainedReference }
  | { readonly kind: 'by hand'; readonly why: string }
);

/** A call under one grant: what came of it, who said what, and the least that would allow it. */
export interface CallExplanation {
  readonly call: HostCall;
  readonly decision: 'allowed' | 'denied';
  /** Empty where the capability is always there. */
  readonly layers: readonly LayerVerdict[];
  readonly changes: readonly Change[];
}

/**
 * Every layer's own verdict on a call; the decision is authorize()'s. Errors are those of computeGrant(). Throws TypeError for a
 * call that authorize() would find invalid: those who ask check it first.
 */
export function explainCall(
  request: GrantRequest,
  call: HostCall,
): { readonly explanation: CallExplanation } | { readonly error: WaterflowError } {
  const computed = computeGrant(request);
  if ('error' in computed) return computed;
  const answer = authorize(computed.grant, call);
  if (answer.kind === 'invalid') throw new TypeError(answer.message);
  const layers = verdictsOf(computed.grant, call);
  const tightest = tightestEntry(call, loginIn(computed.grant, call));
  return {
    explanation: { call, decision: answer.kind, layers, changes: changesOf(request, layers, { call, tightest }) },
  };
}

function verdictsOf(grant: Grant, call: HostCall): readonly LayerVerdict[] {
  const granted = grant.capabilities.get(call.capability);
  const capability = capabilities.get(call.capability);
  const operation = capability?.operations[call.operation];
  if (granted === undefined || capability === undefined || operation === undefined) return [];
  const demands = demandsOf(operation, call);
  const inWords = ({ rule, from }: { readonly rule: unknown; readonly from: RuleReference }): ExplainedReference => ({
    ...from,
    says: capability.explain(rule),
  });
  const forbidding = demands.flatMap((demand) => forbiddingRule(granted, operation, demand) ?? []).map(inWords);
  return granted.layers.map((layer): LayerVerdict => {
    const { layer: name, place } = layer;
    if (name === 'policy' && forbidding.length > 0) {
      return { layer: name, place, verdict: 'forbids', rules: distinct(forbidding) };
    }
    const rules: ExplainedReference[] = [];
    for (const demand of demands) {
      const answer = matchLayer(layer, operation, demand);
      if ('refusal' in answer) return { layer: name, verdict: 'refuses', ...reasonOf(layer, answer.refusal) };
      rules.push(inWords(answer.rule));
    }
    return { layer: name, place, verdict: 'allows', rules: distinct(rules) };
  });
}

function reasonOf(
  layer: GrantLayer,
  refusal: Refusal,
): { readonly place: string; readonly why: string; readonly remedy?: string } {
  const { from, check } = refusal;
  return {
    place: from.place,
    why: whyRefused(layer, refusal) ?? 'it has no entry for it',
    ...(check?.remedy === undefined ? {} : { remedy: check.remedy }),
  };
}

/** How the layers that allow a call of ssh or mail log in: the others must let that happen too. */
function loginIn(grant: Grant, call: HostCall): Observation {
  const granted = grant.capabilities.get(call.capability);
  const operation = capabilities.get(call.capability)?.operations[call.operation];
  if (granted === undefined || operation === undefined) return {};
  const rules = granted.layers.flatMap((layer) =>
    demandsOf(operation, call).flatMap((demand) => {
      const answer = matchLayer(layer, operation, demand);
      return 'rule' in answer ? [answer.rule.rule] : [];
    }),
  );
  switch (call.capability) {
    case 'ssh': {
      // Rules of ssh, which its own operation met.
      const logins = rules as readonly SshRule[];
      const user = logins.find((rule) => rule.user !== '*')?.user;
      const secrets = logins.flatMap(({ login }) => (login === undefined ? [] : secretsOfLogin(login)));
      return { ...(user === undefined ? {} : { user }), secrets: [...new Set(secrets)] };
    }
    case 'mail': {
      // Rules of mail, likewise.
      const secrets = (rules as readonly MailRule[]).flatMap(({ login }) => login?.password ?? []);
      return { secrets: [...new Set(secrets)] };
    }
    default:
      return {};
  }
}

function changesOf(
  request: GrantRequest,
  layers: readonly LayerVerdict[],
  { call, tightest }: { readonly call: HostCall; readonly tightest: Tightest },
): readonly Change[] {
  // A policy that allows what is requested needs no change of its own once it is requested.
  const requesting = 'entry' in tightest ? withRequested(request, call.capability, tightest.entry) : request;
  const requests = layers.find(({ layer, verdict }) => layer === 'manifest' && verdict === 'refuses');
  if (requests !== undefined && request.plugin.origin === 'built-in') {
    const why = 'a node that comes with Waterflow requests nothing more: use another one, or a plugin of your own';
    return [{ layer: 'manifest', place: requests.place, kind: 'by hand', why }];
  }
  if (requests !== undefined && policyAllows(requesting, call)) {
    return layers
      .filter(({ layer }) => layer !== 'policy')
      .flatMap((verdict) => changeOf(verdict, call, { tightest, approving: false }));
  }
  const { plugin } = requesting;
  const approvable = plugin.origin === 'local' || plugin.origin === 'installed';
  const approving = approvable && policyAllows({ ...requesting, plugin: { ...plugin, origin: 'approved' } }, call);
  return layers.flatMap((verdict) => changeOf(verdict, call, { tightest, approving }));
}

function withRequested(request: GrantRequest, capability: string, entry: JsonObject): GrantRequest {
  const { plugin } = request;
  const requested = plugin.manifest.permissions ?? {};
  const entries = [...(requested[capability] ?? []), { ...entry, reason: '' }];
  const manifest = { ...plugin.manifest, permissions: { ...requested, [capability]: entries } };
  return { ...request, plugin: { ...plugin, manifest } };
}

function policyAllows(request: GrantRequest, call: HostCall): boolean {
  const computed = computeGrant(request);
  if ('error' in computed) return false;
  return verdictsOf(computed.grant, call).some(({ layer, verdict }) => layer === 'policy' && verdict === 'allows');
}

function changeOf(
  verdict: LayerVerdict,
  { capability }: HostCall,
  { tightest, approving }: { readonly tightest: Tightest; readonly approving: boolean },
): readonly Change[] {
  const { layer, place } = verdict;
  switch (verdict.verdict) {
    case 'allows':
      return [];
    case 'forbids':
      return verdict.rules.map((rule) => ({ layer, place, kind: 'remove deny', rule }));
    case 'refuses': {
      if ('problem' in tightest) return [{ layer, place, kind: 'by hand', why: verdict.remedy ?? tightest.problem }];
      const { entry } = tightest;
      return [{ layer, place, kind: 'add entry', capability, entry, approving: approving && layer === 'policy' }];
    }
    default:
      return assertNever(verdict);
  }
}

function distinct(rules: readonly ExplainedReference[]): readonly ExplainedReference[] {
  return [...new Map(rules.map((rule) => [`${rule.place} ${rule.says}`, rule])).values()];
}

/** The same as JSON, for `--json`. */
export function callExplanationToJson(explanation: CallExplanation): JsonObject {
  // Plain data throughout; the round trip drops what is undefined.
  return JSON.parse(JSON.stringify(explanation)) as JsonObject;
}
