/** The tenant of API_KEY, and of whatever names none. */
export const defaultTenant = 'default';
/** All tenants, where somebody may see them all. */
export const allTenants = '*';
/** ASCII only: two names that look alike are never two tenants. In JSON Schema, too. */
export const tenantPattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

const tenantForm = new RegExp(tenantPattern, 'u');

/** Whether a text can be the name of one tenant. */
export function isTenantName(text: string): boolean {
  return tenantForm.test(text);
}
