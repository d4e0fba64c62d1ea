import type { Json } from '../../schemas/index.ts';
import type { CallScope } from '../capabilities/capability.ts';
import { capabilities } from '../capabilities/table.ts';
import type { Authorized } from './api.ts';
import { requireAuthorized } from './brand.ts';
import { vaultOf } from './secret-reach.ts';

/** What was carried out, or is being. One authorization is for one call, so that each call has its own audit entry. */
const performed = new WeakSet<Authorized>();

/**
 * Carries out a call that authorize() let through, once. Rejects with CallFailure for what the guest may see, with TypeError
 * for anything that authorize() didn't make.
 */
export async function perform(authorized: Authorized, scope: CallScope): Promise<Json> {
  requireAuthorized(authorized);
  if (performed.has(authorized)) throw new TypeError('this call was carried out before');
  performed.add(authorized);
  const operation = capabilities.get(authorized.capability)?.operations[authorized.operation];
  if (operation === undefined) throw new TypeError(`no operation ${authorized.capability}.${authorized.operation}`);
  return await operation.perform(authorized, { ...scope, secrets: vaultOf(authorized, scope.secrets) });
}
