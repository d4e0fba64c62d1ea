import { takeOver } from './takeover-kit.js';

takeOver(({ send, invocation }) => {
  send({ t: 'grant', invocation });
  send({ t: 'done', invocation, kind: 'returned' }, '{}');
});
