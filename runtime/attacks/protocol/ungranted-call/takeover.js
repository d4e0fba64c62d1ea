import { takeOver } from './takeover-kit.js';

takeOver(({ submit, receive, returned, arena }) => {
  submit('fs', 'write', { path: `../../../../../../../..${arena.target}`, content: 'x' });
  submit('net', 'request', { url: arena.forbidden });
  submit('exec', 'run', { command: 'sh', args: ['-c', `echo x > ${arena.target}`] });
  receive();
  returned({});
});
