import type { Socket } from 'node:net';

/**
 * Has a socket send together what is written to it in one go: ssh2 writes three times for each packet, and a system call for each of them wakes
 * the server up to read four bytes.
 */
export function sendTogether(socket: Socket): void {
  const write = socket.write.bind(socket);
  let isHeld = false;
  const held = (...args: Parameters<typeof write>): boolean => {
    if (!isHeld) {
      isHeld = true;
      socket.cork();
      process.nextTick(() => {
        isHeld = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
  // The same function, with the same overloads.
  socket.write = held as typeof socket.write;
}
