import { takeOver } from './takeover-kit.js';

takeOver(({ send, invocation }) => {
  for (let id = 1; ; id += 1) send({ t: 'submit', invocation, id, capability: 'step', operation: 'info' }, '{}');
});
