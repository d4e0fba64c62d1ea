/**
 * A process of a moment: started in another network namespace, it listens on addresses there and hands the listening sockets to
 * the agent, which started it. A socket belongs to the namespace that it was made in, whoever holds it afterwards. Imports
 * nothing of ours: it is started for each exec that has an egress.
 */
import { createServer, type Server } from 'node:net';
import { setTimeout as timer } from 'node:timers/promises';

/** Arguments are the agent's PID, and for each place `address port`. What is sent is a place's number, with the socket or the error's code. */
export interface ListenAnswer {
  readonly index: number;
  readonly problem?: string;
}

/** bubblewrap brings the loopback device up at about the time that this starts. */
const deviceWaitMs = 5_000;
const devicePollMs = 10;

async function listen(address: string, port: number): Promise<Server | string> {
  for (let waited = 0; ; waited += devicePollMs) {
    const answer = await tryListen(address, port);
    if (answer !== 'EADDRNOTAVAIL' || waited >= deviceWaitMs) return answer;
    await timer(devicePollMs);
  }
}

function tryListen(address: string, port: number): Promise<Server | string> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (cause) => resolve('code' in cause ? String(cause.code) : cause.message));
    server.listen({ host: address, port, exclusive: true }, () => resolve(server));
  });
}

/** However the agent ends, and whatever it does: this is a process of a moment. */
const lifetimeMs = 30_000;
const parentPollMs = 50;

const [agent = '', ...places] = process.argv.slice(2);
// The agent has taken them all, or is gone. Of its death in between Node 24 doesn't tell while it owes an answer to a socket.
process.once('disconnect', () => process.exit(0));
setInterval(() => {
  if (process.ppid !== Number(agent) || !process.connected) process.exit(0);
}, parentPollMs);
setTimeout(() => process.exit(1), lifetimeMs);
for (const [index, place] of places.entries()) {
  const [address = '', port = ''] = place.split(' ');
  const answer = await listen(address, Number(port));
  if (typeof answer === 'string') process.send?.({ index, problem: answer } satisfies ListenAnswer);
  else process.send?.({ index } satisfies ListenAnswer, answer);
}
