import { takeOver } from './takeover-kit.js';

takeOver(({ send, invocation }) => {
  send({ t: 'done', invocation, kind: 'returned' }, JSON.stringify({ breach: 'x'.repeat(3 << 20) }));
});
