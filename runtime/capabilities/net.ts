import { lookup } from 'node:dns/promises';
import type { Capability, Operation } from './capability.ts';
import { withoutPrivate } from './entry-parts.ts';
import { operatorAuthorities } from './net/authorities.ts';
import { checkNet, demandOf, deniesNet, type NetArgs, type NetDemand, netArgsSchema } from './net/call.ts';
import { performRequest } from './net/perform.ts';
import type { NetPowers } from './net/powers.ts';
import {
  explainNet,
  type NetEffective,
  type NetRule,
  narrowNet,
  netEntrySchema,
  parseNetEntry,
  quoteNet,
} from './net/rule.ts';

export type { NetArgs } from './net/call.ts';
export type { NetPowers } from './net/powers.ts';
export type { NetEffective, NetRule } from './net/rule.ts';

/** Makes the capability with the powers that it reaches the network with. */
export function createNetCapability(powers: NetPowers): Capability<NetRule, NetEffective> {
  const request: Operation<NetRule, NetEffective, NetArgs, NetDemand> = {
    argsSchema: netArgsSchema,
    demands: (args) => [demandOf(args)],
    check: checkNet,
    denies: deniesNet,
    perform: (authorized, scope) => performRequest(authorized, scope, powers),
  };
  return {
    name: 'net',
    description: 'make HTTP requests',
    ambient: false,
    entrySchema: netEntrySchema,
    parse: parseNetEntry,
    quote: quoteNet,
    requested: withoutPrivate,
    lettingThrough: (rule, places) => ({ ...rule, privateAt: places }),
    narrow: narrowNet,
    explain: explainNet,
    operations: { request },
  };
}

const authorities = operatorAuthorities(process.env);

/** net with this machine's own resolver. */
export const netCapability: Capability<NetRule, NetEffective> = createNetCapability({
  lookup: (hostname) => lookup(hostname, { all: true }),
  get authorities() {
    return authorities();
  },
  userAgent: 'waterflow',
});
