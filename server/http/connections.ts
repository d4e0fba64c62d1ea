import type { Server, Socket } from 'node:net';
import { FairShares } from '../fair-shares.ts';
import { addressGroup, clientAddress, trustedProxies } from './addresses.ts';

/** One address has half of the connections at most. */
const addressGreed = 1;

/**
 * Closes connections of an address that has too many already, so that whoever opens all it can keeps nobody else out. Through a
 * trusted proxy come many clients: it isn't bounded.
 */
export function shareConnections(
  server: Server,
  { most, proxies }: { readonly most: number; readonly proxies: readonly string[] },
): void {
  const trusted = trustedProxies(proxies);
  const shares = new FairShares(most, { greed: addressGreed });
  server.on('connection', (socket: Socket) => {
    const address = clientAddress(socket.remoteAddress ?? '', {}, trusted);
    if (trusted.has(address)) return;
    const place = shares.take(addressGroup(address));
    if (place === undefined) socket.destroy();
    else socket.once('close', () => place[Symbol.dispose]());
  });
}
