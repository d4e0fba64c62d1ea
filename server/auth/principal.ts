import type { Role } from '../../storage/records/port.ts';

/** What a request may do. docs/rest-api.md has the table; `roles.ts` decides. */
export type Permission =
  /** Who one is. */
  | 'caller:read'
  | 'runs:read'
  | 'runs:submit'
  | 'runs:operate'
  | 'runs:approve'
  | 'schedules:read'
  | 'schedules:write'
  | 'webhooks:read'
  | 'webhooks:write'
  /** Nodes, plugins, agents and queues. */
  | 'catalogue:read'
  | 'keys:manage'
  | 'calls:read'
  | 'metrics:read'
  | 'agent:ship'
  /** What Temporal keeps encrypted. */
  | 'payloads:decode';

/** Who asks, proved by a key or a token. */
export interface Principal {
  /** Of the key, or the token's subject. */
  readonly id: string;
  /** As people know them. */
  readonly name: string;
  /** `*`: of all tenants. */
  readonly tenant: string;
  readonly role: Role | 'agent';
  readonly by: 'api-key' | 'jwt' | 'configured-key' | 'loopback';
}
