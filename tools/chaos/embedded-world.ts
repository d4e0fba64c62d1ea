import { startServer } from './server-member.ts';
import type { ChaosWorld } from './world.ts';

/** A server with the embedded engine. */
export async function openEmbeddedWorld(folder: string): Promise<ChaosWorld> {
  const { url, state, victim, process } = await startServer(folder, {});
  return {
    engine: 'embedded',
    url,
    victims: [victim],
    states: [state],
    // It has no life beside the server.
    goesOn: async () => [],
    end: () => process.stop(),
  };
}
