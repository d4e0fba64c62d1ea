import { takeOver } from './takeover-kit.js';

takeOver(({ submit, arena }) => {
  const text = 'x'.repeat(7 << 20);
  for (let call = 0; call < 200; call += 1) {
    submit('net', 'request', { url: `${arena.origin}/never`, method: 'POST', body: text, timeout_ms: 60_000 });
  }
});
