import { takeOver } from './takeover-kit.js';

takeOver(({ send, invocation }) => {
  send({ t: 'submit', invocation, id: 1, capability: { toString: 1 }, operation: ['now'] }, '{}');
  send({ t: 'done', invocation, kind: 'returned' }, '{}');
});
