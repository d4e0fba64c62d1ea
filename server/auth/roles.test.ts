import { describe, expect, it } from 'vitest';
import { allows, permissionTable, requirePermission, roles } from './roles.ts';

const inTenant = (role: (typeof roles)[number], tenant = 'acme') => ({ role, tenant });

describe('permissions', () => {
  it('let viewers see and change nothing', () => {
    expect(allows(inTenant('viewer'), 'runs:read')).toBe(true);
    for (const permission of [
      'runs:submit',
      'runs:operate',
      'runs:approve',
      'schedules:write',
      'webhooks:write',
    ] as const) {
      expect(allows(inTenant('viewer'), permission)).toBe(false);
    }
  });

  it('keep submitting and approving apart', () => {
    expect([allows(inTenant('operator'), 'runs:submit'), allows(inTenant('operator'), 'runs:approve')]).toEqual([
      true,
      false,
    ]);
    expect([allows(inTenant('approver'), 'runs:submit'), allows(inTenant('approver'), 'runs:approve')]).toEqual([
      false,
      true,
    ]);
  });

  it('leave keys and the record of calls to admins', () => {
    for (const permission of ['keys:manage', 'calls:read'] as const) {
      expect(roles.filter((role) => allows(inTenant(role), permission))).toEqual(['admin']);
    }
  });

  it('let agents ship, and nothing else; and nobody else ship', () => {
    expect(roles.filter((role) => allows(inTenant(role), 'agent:ship'))).toEqual(['agent']);
    expect(allows(inTenant('agent'), 'runs:read')).toBe(false);
  });

  it("show what counts for all tenants to the operator's own tenant and to those of all tenants", () => {
    expect(allows(inTenant('admin', 'acme'), 'metrics:read')).toBe(false);
    expect(allows(inTenant('viewer', 'default'), 'metrics:read')).toBe(true);
    expect(allows(inTenant('viewer', '*'), 'metrics:read')).toBe(true);
  });

  it('say who could do what was refused', () => {
    expect(() => requirePermission(inTenant('viewer'), 'runs:approve')).toThrow(
      expect.objectContaining({
        error: expect.objectContaining({
          code: 'FORBIDDEN',
          message: "the role viewer can't approve or reject what waits for it (runs:approve)",
          remedy: 'Ask with a key or token of the role approver, admin.',
        }),
      }),
    );
    expect(() => requirePermission(inTenant('admin'), 'metrics:read')).toThrow(/tenant acme can't read/u);
    expect(() => requirePermission(inTenant('admin'), 'runs:read')).not.toThrow();
  });
});

describe('the table of permissions', () => {
  it('has a line for each permission and a column for each role', () => {
    const lines = permissionTable().split('\n');
    expect(lines[0]).toBe('| permission | to | viewer | operator | approver | admin | agent |');
    expect(lines).toContain('| `runs:approve` | approve and reject what waits for it |  |  | yes | yes |  |');
    expect(lines).toContain(
      '| `agent:ship` | ship logs, host calls and blobs of runs, and read what is too large for Temporal, as agents do |  |  |  |  | yes |',
    );
  });
});
