import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that Linux gives to outgoing connections: nobody takes it while its server is down. */
const [lowest, highest] = [20_000, 32_000];

/** A port that is free, and stays so. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue; // Somebody has it.
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
