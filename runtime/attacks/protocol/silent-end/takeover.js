import { takeOver } from './takeover-kit.js';

takeOver(() => {
  process.exit(0);
});
