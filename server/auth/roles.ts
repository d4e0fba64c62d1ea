import type { Permission, Principal } from './principal.ts';
import { forbidden } from './refusals.ts';

/** What a permission lets somebody do, in the order of the table. */
const permissionWords: Readonly<Record<Permission, string>> = {
  'caller:read': 'see who one is and what one may do',
  'runs:read': 'see runs, their logs, events and host calls',
  'runs:submit': 'submit workflows',
  'runs:operate': 'cancel, terminate, pause, resume and rerun runs, and send them signals',
  'runs:approve': 'approve and reject what waits for it',
  'schedules:read': 'see schedules',
  'schedules:write': 'make, change, pause, trigger and remove schedules',
  'webhooks:read': 'see webhooks',
  'webhooks:write': 'make, change and remove webhooks',
  'catalogue:read': 'see nodes, plugins, agents and queues',
  'keys:manage': 'make, list, rotate and revoke API keys',
  'calls:read': 'see the record of API calls',
  'metrics:read': 'read `/metrics`, which counts for all tenants',
  'agent:ship': 'ship logs, host calls and blobs of runs, and read what is too large for Temporal, as agents do',
  'payloads:decode': 'decrypt what Temporal keeps, which is of all tenants, for its UI',
};

const reading = [
  'caller:read',
  'runs:read',
  'schedules:read',
  'webhooks:read',
  'catalogue:read',
  'metrics:read',
] as const;
const operating = ['runs:submit', 'runs:operate', 'schedules:write', 'webhooks:write'] as const;

/**
 * Who may do what. Operators can't approve, so that what waits for an approval needs somebody else than the one who submitted it; agents
 * do nothing but what agents do, so that a key taken from a machine opens nothing.
 */
const permissionsOf: Readonly<Record<Principal['role'], ReadonlySet<Permission>>> = {
  viewer: new Set(reading),
  operator: new Set([...reading, ...operating]),
  approver: new Set([...reading, 'runs:approve']),
  admin: new Set([...reading, ...operating, 'runs:approve', 'keys:manage', 'calls:read', 'payloads:decode']),
  agent: new Set(['caller:read', 'agent:ship']),
};

/** What shows more than one tenant is for those who see all of them, and for the tenant of whoever set the server up. */
const acrossTenants: ReadonlySet<Permission> = new Set(['metrics:read', 'payloads:decode']);
const tenantsOfTheOperator: ReadonlySet<string> = new Set(['*', 'default']);

/** All roles, in the order of the table. */
export const roles: readonly Principal['role'][] = ['viewer', 'operator', 'approver', 'admin', 'agent'];

/** All permissions, in the order of the table. */
export const permissions: readonly Permission[] = Object.keys(permissionWords) as readonly Permission[]; // Its keys are just those.

/** Whether somebody may do something at all; in which tenant is asked apart. */
export function allows({ role, tenant }: Pick<Principal, 'role' | 'tenant'>, permission: Permission): boolean {
  if (acrossTenants.has(permission) && !tenantsOfTheOperator.has(tenant)) return false;
  return permissionsOf[role].has(permission);
}

/** Throws FORBIDDEN, with the roles that would do. */
export function requirePermission(principal: Pick<Principal, 'role' | 'tenant'>, permission: Permission): void {
  if (allows(principal, permission)) return;
  const able = roles.filter((role) => permissionsOf[role].has(permission)).join(', ');
  const what = `${deniedWords(permission)} (${permission})`;
  const message = `the role ${principal.role} can't ${what}`;
  if (!permissionsOf[principal.role].has(permission))
    throw forbidden(message, `Ask with a key or token of the role ${able}.`);
  throw forbidden(
    `tenant ${principal.tenant} can't ${what}`,
    'Ask with a key of tenant `default`, or of all tenants (`*`).',
  );
}

/** Who can't do this and that, can't do this or that. */
function deniedWords(permission: Permission): string {
  return permissionWords[permission].replace(/ and (?!.* and )/u, ' or ');
}

/** The table of docs/rest-api.md, in Markdown. */
export function permissionTable(): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const mark = (role: Principal['role'], permission: Permission): string =>
    permissionsOf[role].has(permission) ? (acrossTenants.has(permission) ? 'yes ¹' : 'yes') : '';
  return [
    line(['permission', 'to', ...roles]),
    line(['---', '---', ...roles.map(() => '---')]),
    ...permissions.map((permission) =>
      line([`\`${permission}\``, permissionWords[permission], ...roles.map((role) => mark(role, permission))]),
    ),
    '',
    '¹ In tenant `default`, and with a key or token of all tenants (`*`).',
    '',
  ].join('\n');
}
