import { Agent } from 'node:https';
import type { TlsMaterial } from '../tls-material.ts';

/** How often the files are looked at, in ms. */
const lookMs = 5000;

/**
 * Connections by certificates that somebody may replace while the agent runs: what connects later than some seconds after that uses the new
 * ones. `read` may throw: at first that is thrown on; later, as while a file is being replaced, the former go on.
 */
export function tlsConnections(read: () => TlsMaterial, now: () => number): () => Agent {
  let material = read();
  let agent = new Agent({ ...material, keepAlive: true });
  let looked = now();
  const look = (): void => {
    if (now() - looked < lookMs) return;
    looked = now();
    const found = attempt(read);
    if (found === undefined || isSame(found, material)) return;
    material = found;
    // What is under way over the one before ends by itself.
    agent = new Agent({ ...found, keepAlive: true });
  };
  return () => {
    look();
    return agent;
  };
}

function attempt(read: () => TlsMaterial): TlsMaterial | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function isSame(one: TlsMaterial, other: TlsMaterial): boolean {
  return one.ca === other.ca && one.cert === other.cert && one.key === other.key;
}
