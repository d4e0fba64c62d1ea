import type { KeyRow, KeyRows } from '../../storage/records/port.ts';

/** What a key is at. */
export function keyStatus({ revoked_at, expires_at }: KeyRow, now: number): 'valid' | 'expired' | 'revoked' {
  if (revoked_at !== undefined) return 'revoked';
  return expires_at !== undefined && expires_at <= now ? 'expired' : 'valid';
}

/** Whether people or programs have keys, or ever had: agents' keys open nothing that anybody would ask for. */
export async function hasKeysOfPeople(keys: Pick<KeyRows, 'list'>): Promise<boolean> {
  return (await keys.list()).some(({ role }) => role !== 'agent');
}

/** How many keys of people and programs are valid, and how many of agents. */
export async function countUsableKeys(
  keys: Pick<KeyRows, 'list'>,
  now: number,
): Promise<{ readonly people: number; readonly agents: number }> {
  const valid = (await keys.list()).filter((row) => keyStatus(row, now) === 'valid');
  const agents = valid.filter(({ role }) => role === 'agent').length;
  return { people: valid.length - agents, agents };
}
