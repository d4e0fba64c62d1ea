import { takeOver } from './takeover-kit.js';

takeOver(({ send, invocation }) => {
  const levels = 100_000;
  send({ t: 'done', invocation, kind: 'returned' }, `{"breach":${'['.repeat(levels)}${']'.repeat(levels)}}`);
});
