import { takeOver } from './takeover-kit.js';

takeOver(({ send, invocation }) => {
  send({ t: 'done', invocation, kind: 'returned' }, '{"a":[{"\\u005f_proto__":{"breach":1}}]}');
});
