import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Principal } from './principal.ts';
import { defaultTenant } from './tenant.ts';

const configuredAdmin: Principal = {
  id: 'configured-key',
  name: 'API_KEY',
  tenant: defaultTenant,
  role: 'admin',
  by: 'configured-key',
};

/** Compares with API_KEY in a time that tells nothing of it, not even its length. */
export function createConfiguredKeyCheck(apiKey: string | undefined): (text: string) => Principal | undefined {
  if (apiKey === undefined || apiKey === '') return () => undefined;
  const mask = randomBytes(32);
  const masked = (text: string): Buffer => createHmac('sha256', mask).update(text).digest();
  const expected = masked(apiKey);
  return (text) => (timingSafeEqual(masked(text), expected) ? configuredAdmin : undefined);
}
