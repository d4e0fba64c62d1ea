import { takeOver } from './takeover-kit.js';

takeOver(({ returned, submit }) => {
  for (let call = 0; call < 20; call += 1) submit('clock', 'now', {});
  returned({});
});
