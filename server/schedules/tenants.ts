import type { Principal } from '../auth/principal.ts';
import { forbidden } from '../auth/refusals.ts';
import { allTenants, defaultTenant } from '../auth/tenant.ts';

/** The tenant that something new is of. FORBIDDEN where somebody asks for another one than their own. */
export function tenantOfNew(principal: Principal, asked: string | undefined): string {
  return tenantOfList(principal, asked) ?? defaultTenant;
}

/** The tenant whose things are listed; undefined: all of them. FORBIDDEN as {@link tenantOfNew}. */
export function tenantOfList(principal: Principal, asked: string | undefined): string | undefined {
  if (principal.tenant === allTenants) return asked;
  if (asked === undefined || asked === principal.tenant) return principal.tenant;
  throw forbidden('this key is of another tenant', 'Leave out `tenant_id`, or ask with a key of that tenant.');
}

/** Whether somebody may know that there is such a thing. */
export function isVisibleTo(principal: Principal, { tenant }: { readonly tenant: string }): boolean {
  return principal.tenant === allTenants || principal.tenant === tenant;
}
