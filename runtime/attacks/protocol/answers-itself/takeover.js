import { takeOver } from './takeover-kit.js';

takeOver(({ send, invocation }) => {
  send({ t: 'answer', invocation, id: 1 }, '{"ok":1}');
  send({ t: 'done', invocation, kind: 'returned' }, '{}');
});
