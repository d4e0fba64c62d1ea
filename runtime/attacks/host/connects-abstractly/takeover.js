import { connect } from 'node:net';
import { attempt, takeOver } from './takeover-kit.js';

takeOver(async ({ arena, returned }) => {
  const answer = await attempt(
    () =>
      new Promise((resolve, reject) => {
        const socket = connect({ path: `\0${arena.abstract}` });
        socket.on('connect', () => resolve(true));
        socket.on('error', reject);
      }),
  );
  returned({ answer });
});
