import { takeOver } from './takeover-kit.js';

takeOver(({ send, invocation }) => {
  send({ t: 'done', invocation, kind: 'threw' }, JSON.stringify({ message: 'denied', call: 12, code: 'DENIED' }));
});
