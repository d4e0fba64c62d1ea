import type { Permission, Principal } from '../auth/principal.ts';
import { allows, permissions } from '../auth/roles.ts';
import type { Route, Schema } from '../http/route.ts';
import { jsonResponse } from './runs-answers.ts';

const caller: Schema = {
  type: 'object',
  description: 'Who asks, and what they may do.',
  required: ['id', 'name', 'tenant_id', 'role', 'by', 'permissions'],
  properties: {
    id: { type: 'string', description: 'Of the key, or the subject of the token.' },
    name: { type: 'string', description: 'By which approvals know them.' },
    tenant_id: { type: 'string', description: '`*`: of all tenants.' },
    role: { enum: ['viewer', 'operator', 'approver', 'admin', 'agent'] },
    by: {
      enum: ['api-key', 'jwt', 'configured-key', 'loopback'],
      description: '`loopback`: as a program of the machine whose server asks for no key.',
    },
    permissions: { type: 'array', items: { type: 'string' }, description: 'As in the table of permissions.' },
  },
};

/** By their names in the OpenAPI document. */
export const callerSchemas: Readonly<Record<string, Schema>> = { Caller: caller };

/** Who asks: for programs that show only what somebody may do. */
export function callerRoutes(): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/caller',
      operation: 'getCaller',
      tag: 'Keys',
      summary: 'Who asks, and what they may do',
      description: 'For programs that offer only what will be let through.',
      permission: 'caller:read',
      responses: { 200: jsonResponse('Whose key or token it is.', { $ref: '#/components/schemas/Caller' }) },
      handle: ({ principal }) =>
        Promise.resolve({ status: 200, body: { kind: 'json', value: shownCaller(principal) } }),
    },
  ];
}

function shownCaller(principal: Principal): {
  readonly [key: string]: string | readonly Permission[];
} {
  const { id, name, tenant, role, by } = principal;
  return {
    id,
    name,
    tenant_id: tenant,
    role,
    by,
    permissions: permissions.filter((permission) => allows(principal, permission)),
  };
}
