import { takeOver } from './takeover-kit.js';

takeOver(({ submit, receive, returned }) => {
  submit('__proto__', 'constructor', {});
  submit('root', 'shell', {});
  receive();
  returned({});
});
