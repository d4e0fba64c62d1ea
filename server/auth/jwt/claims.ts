import { isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import type { Role } from '../../../storage/records/port.ts';
import type { JwtConfig } from '../../config.ts';
import type { Principal } from '../principal.ts';
import { forbidden, unauthenticated } from '../refusals.ts';
import { allTenants, isTenantName } from '../tenant.ts';

/** Agents have keys; a token is never one's. */
const rolesOfTokens: Readonly<Record<Role, true>> = { viewer: true, operator: true, approver: true, admin: true };

const longestSubject = 255;
const longestName = 100;
/** Control and format characters, surrogates, and what has no character yet: nothing that a log or a list shows as it is. */
const unprintable = /\p{C}/u;

/** Who a token's claims say asks. The token itself is already proved. UNAUTHENTICATED without a subject; FORBIDDEN without a role or a tenant. */
export function principalOfClaims(
  claims: JsonObject,
  config: Pick<JwtConfig, 'tenantClaim' | 'roleClaim' | 'allowAllTenants'>,
): Principal {
  const subject = claims['sub'];
  if (typeof subject !== 'string' || subject === '' || subject.length > longestSubject || unprintable.test(subject)) {
    throw unauthenticated('the token has no `sub` that names somebody', 'Have the issuer set `sub`.');
  }
  return {
    id: subject,
    name: nameOf(claims, subject),
    tenant: tenantOf(claims, config),
    role: roleOf(claims, config),
    by: 'jwt',
  };
}

/** People choose their own names at many issuers, so the subject, which they can't, stands beside it. */
function nameOf(claims: JsonObject, subject: string): string {
  const name = [claims['preferred_username'], claims['email'], claims['name']].find(
    (value): value is string =>
      typeof value === 'string' && value !== '' && value.length <= longestName && !unprintable.test(value),
  );
  return name === undefined || name === subject ? subject : `${name} (${subject})`;
}

function tenantOf(
  claims: JsonObject,
  { tenantClaim, allowAllTenants }: Pick<JwtConfig, 'tenantClaim' | 'allowAllTenants'>,
): string {
  const tenant = claimAt(claims, tenantClaim);
  if (tenant === allTenants && allowAllTenants !== true) {
    throw forbidden(
      'the token is of all tenants, which this server takes from no token',
      'Set `jwt.allow-all-tenants: true` in the configuration of the server, or have the issuer name one tenant.',
    );
  }
  if (typeof tenant === 'string' && (tenant === allTenants || isTenantName(tenant))) return tenant;
  throw forbidden(
    `the token's claim \`${tenantClaim}\` names no tenant`,
    'Have the issuer set it to a name of letters, digits, `.`, `_` and `-`.',
  );
}

/** One text, or a list with exactly one role of ours among the issuer's own. */
function roleOf(claims: JsonObject, { roleClaim }: Pick<JwtConfig, 'roleClaim'>): Role {
  const claim = claimAt(claims, roleClaim);
  const found = new Set((Array.isArray(claim) ? claim : [claim]).filter(isRole));
  const [role, ...others] = found;
  if (role !== undefined && others.length === 0) return role;
  throw forbidden(
    `the token's claim \`${roleClaim}\` ${role === undefined ? 'names no role' : 'names several roles'}`,
    `Have the issuer set it to one of ${Object.keys(rolesOfTokens).join(', ')}.`,
  );
}

function isRole(value: Json | undefined): value is Role {
  return typeof value === 'string' && Object.hasOwn(rolesOfTokens, value);
}

/** The claim of that very name (`https://example.com/role`), else the one that the path leads to (`realm_access.roles`). */
function claimAt(claims: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(claims, name)) return claims[name];
  let node: Json | undefined = claims;
  for (const step of name.split('.')) {
    if (!isJsonObject(node) || !Object.hasOwn(node, step)) return undefined;
    node = node[step];
  }
  return node;
}
