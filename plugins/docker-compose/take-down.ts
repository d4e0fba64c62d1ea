import type { Compose } from './client.ts';

/** How it was before containers were started. */
interface Earlier {
  /** All of the file. */
  readonly services: readonly string[];
  /** The ids of the project's containers. */
  readonly before: readonly string[];
}

/**
 * Removes services all of whose containers have come since: those that were started, and those that were made anew. What is there of another
 * service stays. Whether it worked.
 */
export async function takeDown(compose: Compose, { services, before }: Earlier): Promise<boolean> {
  const rm = ['rm', '--stop', '--force'];
  if (before.length === 0) return await compose.succeeds(rm);
  const started: string[] = [];
  for (const service of services) {
    const found = await compose.containers(service);
    if (found.length > 0 && !found.some((id) => before.includes(id))) started.push(service);
  }
  // Without a name it would be about all.
  return started.length === 0 || (await compose.succeeds([...rm, ...started]));
}
