import { takeOver } from './takeover-kit.js';

takeOver(({ send, invocation }) => {
  send({ t: 'submit', invocation, id: 1, capability: 'log', operation: 'write' }, `"${'x'.repeat(9 << 20)}"`);
  send({ t: 'done', invocation, kind: 'returned' }, '{}');
});
