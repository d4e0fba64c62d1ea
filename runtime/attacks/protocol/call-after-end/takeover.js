import { takeOver } from './takeover-kit.js';

takeOver(({ returned, submit, arena }) => {
  returned({});
  submit('fs', 'write', { path: `../../../../../../../..${arena.target}`, content: 'x' });
  submit('log', 'write', { text: 'of nobody' });
});
