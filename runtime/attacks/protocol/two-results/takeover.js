import { takeOver } from './takeover-kit.js';

takeOver(({ send, invocation }) => {
  send({ t: 'done', invocation, kind: 'returned' }, '{"first":true}');
  send({ t: 'done', invocation, kind: 'returned' }, '{"breach":true}');
});
