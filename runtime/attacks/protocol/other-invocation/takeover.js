import { takeOver } from './takeover-kit.js';

takeOver(({ send, invocation }) => {
  send({ t: 'done', invocation: invocation + 1, kind: 'returned' }, '{}');
});
