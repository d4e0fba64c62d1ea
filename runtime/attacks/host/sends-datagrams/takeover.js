import { createSocket } from 'node:dgram';
import { attempt, takeOver } from './takeover-kit.js';

takeOver(async ({ returned }) => {
  const answer = await attempt(
    () =>
      new Promise((resolve, reject) => {
        const socket = createSocket('udp4');
        socket.on('error', reject);
        socket.send('x', 9, '127.0.0.1', (error) => (error ? reject(error) : resolve('sent')));
      }),
  );
  returned({ breach: answer.got ?? null });
});
