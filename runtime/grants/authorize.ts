import { didYouMean } from '../../dsl/did-you-mean.ts';
import { assertNever } from '../../schemas/index.ts';
import type { Capability, Operation } from '../capabilities/capability.ts';
import { capabilities } from '../capabilities/table.ts';
import { firstMisfit } from '../documents/schema-check.ts';
import type { Denial, HostCall } from '../host-call.ts';
import type { Authorization, Authorize, Grant, GrantedRule, GrantLayer, Implied, RuleReference } from './api.ts';
import { brandAuthorized, requireGrant } from './brand.ts';
import { demandsOf, forbiddingRule, matchLayer, type Refusal, whyRefused } from './match.ts';
import { secretKeptFrom } from './secret-reach.ts';

/**
 * The one choke point of host calls. A name that isn't in the table or arguments that don't fit are `invalid`; a deny rule of
 * the policy, or a layer in which no rule matches, is `denied`; what is left is what every layer allows. Never throws but
 * for a grant that computeGrant() didn't make.
 */
export const authorize: Authorize = (grant: Grant, call: HostCall): Authorization => {
  requireGrant(grant);
  const capability = capabilities.get(call.capability);
  if (capability === undefined) return unknownCapability(call);
  // An own property only: `constructor` is no operation.
  const operation = Object.hasOwn(capability.operations, call.operation)
    ? capability.operations[call.operation]
    : undefined;
  if (operation === undefined) return unknownOperation(capability, call);
  const misfit = firstMisfit(operation.argsSchema, call.args);
  const problem = call.malformed ?? misfit?.message ?? operation.misfit?.(call.args);
  if (problem !== undefined) {
    const message = `${call.capability}.${call.operation}: ${problem}`;
    return { kind: 'invalid', code: 'INVALID_ARGUMENTS', message };
  }
  const request: Request = { grant, capability, operation, call };
  const decision = decide(request, demandsOf(operation, call));
  if (decision.kind === 'denied') return decision;
  return {
    kind: 'allowed',
    authorized: brandAuthorized({
      capability: call.capability,
      operation: call.operation,
      args: call.args,
      effective: decision.effective,
      decided_by: decision.decided_by,
      recheck(...demands) {
        return decide(request, demands);
      },
      implied: (other) => impliedCall(grant, other),
      secretKeptBy: (name) => secretKeptFrom(grant, capability.name, name),
    }),
  };
};

interface Request {
  readonly grant: Grant;
  readonly capability: Capability;
  readonly operation: Operation;
  readonly call: HostCall;
}

type Decision =
  | { readonly kind: 'allowed'; readonly effective: unknown; readonly decided_by: readonly RuleReference[] }
  | { readonly kind: 'denied'; readonly denial: Denial; readonly decided_by: readonly RuleReference[] };

function decide(request: Request, demands: readonly unknown[]): Decision {
  const { capability, operation, grant } = request;
  if (capability.ambient) return { kind: 'allowed', effective: capability.narrow([]), decided_by: [] };
  const granted = grant.capabilities.get(capability.name);
  if (granted === undefined) throw new TypeError(`the grant says nothing of ${capability.name}`);
  const matched: GrantedRule[] = [];
  for (const demand of demands) {
    const forbidden = forbiddingRule(granted, operation, demand);
    if (forbidden !== undefined) return forbiddenDecision(request, forbidden);
    for (const layer of granted.layers) {
      const answer = matchLayer(layer, operation, demand);
      if ('refusal' in answer) return refusedDecision(request, layer, answer.refusal);
      matched.push(answer.rule);
    }
  }
  return {
    kind: 'allowed',
    effective: capability.narrow(matched.map(({ rule }) => rule)),
    decided_by: matched.map(({ from }) => from),
  };
}

function refusedDecision(request: Request, layer: GrantLayer, refusal: Refusal): Decision {
  const { call, grant } = request;
  const what = `${grant.plugin.name} may not call ${call.capability}.${call.operation}`;
  // Beside entries that hold, those that don't would be told of in each denial of a plugin with inputs that it can do without.
  const [absent] = grant.dropped.filter(
    ({ capability, from }) => layer.rules.length === 0 && capability === call.capability && from.layer === layer.layer,
  );
  const why = refusedWhy(layer, refusal, { capability: call.capability, absent });
  return {
    kind: 'denied',
    denial: {
      code: 'DENIED',
      rule: `${refusal.from.layer} ${refusal.from.place}`,
      message: `${what}: ${why}`,
      remedy: refusal.check?.remedy ?? (absent === undefined ? remedyOf(request, layer) : remedyOfAbsent(layer)),
    },
    decided_by: [refusal.from],
  };
}

/** As `grants explain --call` says it; with several entries the layer is named, since none of them is. */
function refusedWhy(
  layer: GrantLayer,
  refusal: Refusal,
  { capability, absent }: { readonly capability: string; readonly absent: Grant['dropped'][number] | undefined },
): string {
  const why = whyRefused(layer, refusal);
  if (why !== undefined) return layer.rules.length === 1 ? why : `${describeLayer(layer)}: ${why}`;
  if (absent !== undefined) return `${absent.from.place} doesn't hold in this step: ${absent.why}`;
  return `${describeLayer(layer)} give${layer.layer === 'policy' ? 's' : ''} it no ${capability}`;
}

/** Where the layer's only entries read an input that the step doesn't give. */
function remedyOfAbsent({ layer }: GrantLayer): string {
  const without = "an entry that doesn't read it";
  switch (layer) {
    case 'manifest':
      return `Give the input; or let the plugin's author request ${without} for steps that leave it out.`;
    case 'policy':
      return `Give the input; or let the operator add ${without}.`;
    case 'workflow':
    case 'job':
    case 'step':
      return `Give it a value, or add ${without} to the ${layer}'s \`permissions\`.`;
    default:
      return assertNever(layer);
  }
}

function forbiddenDecision(request: Request, { from, reason }: GrantedRule): Decision {
  const { call, grant } = request;
  return {
    kind: 'denied',
    denial: {
      code: 'DENIED',
      rule: `${from.layer} ${from.place} (deny)`,
      message: `${grant.plugin.name} may not call ${call.capability}.${call.operation}: the policy forbids it${
        reason === undefined ? '' : ` (${reason})`
      }`,
      remedy: 'Only the operator can change that: a deny rule wins over every other.',
    },
    decided_by: [from],
  };
}

function describeLayer(layer: GrantLayer): string {
  switch (layer.layer) {
    case 'manifest':
      return 'the permissions in plugin.yaml';
    case 'policy':
      return 'the policy';
    case 'workflow':
    case 'job':
    case 'step':
      return `the permissions of the ${layer.layer}`;
    default:
      return assertNever(layer.layer);
  }
}

function policyRemedy(origin: Request['grant']['origin'], place: string): string {
  switch (origin) {
    case 'built-in':
    case 'approved':
      return `The operator must allow it in ${place}.`;
    case 'installed':
      return `Let the operator allow it in ${place}; where that lets approved plugins have what they request, \`waterflow plugin install\` approves it.`;
    case 'local':
      return `Approve the plugin (\`--approve\` and its folder, as in \`uses:\`), or let the operator allow it in ${place}.`;
    default:
      return assertNever(origin);
  }
}

function remedyOf({ call, grant }: Request, layer: GrantLayer): string {
  switch (layer.layer) {
    case 'manifest':
      return `The plugin's author must request it under \`permissions.${call.capability}\` in plugin.yaml.`;
    case 'policy':
      return policyRemedy(grant.origin, layer.place);
    case 'workflow':
    case 'job':
    case 'step':
      return `Widen the ${layer.layer}'s \`permissions.${call.capability}\` (${layer.place}), or remove its \`permissions\`.`;
    default:
      return assertNever(layer.layer);
  }
}

function impliedCall(grant: Grant, call: HostCall): Implied {
  const answer = authorize(grant, call);
  switch (answer.kind) {
    case 'allowed':
      return { kind: 'allowed', effective: answer.authorized.effective, authorized: answer.authorized };
    case 'denied':
      return answer;
    case 'invalid':
      throw new TypeError(`an implied call doesn't fit its own schema: ${answer.message}`);
    default:
      return assertNever(answer);
  }
}

function unknownCapability(call: HostCall): Authorization {
  const guess = didYouMean(call.capability, capabilities.keys());
  return {
    kind: 'invalid',
    code: 'UNKNOWN_CAPABILITY',
    message: `there is no capability \`${shortened(call.capability)}\`${guess === undefined ? '' : `; did you mean \`${guess}\`?`}`,
  };
}

function unknownOperation(capability: Capability, call: HostCall): Authorization {
  const known = Object.keys(capability.operations);
  return {
    kind: 'invalid',
    code: 'UNKNOWN_OPERATION',
    message: `${capability.name} has no operation \`${shortened(call.operation)}\`; it has ${known.join(', ')}`,
  };
}

/** A name that a guest made up may be of any length. */
function shortened(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}
