import { spawnSync } from 'node:child_process';
import { takeOver } from './takeover-kit.js';

takeOver(async ({ returned }) => {
  const { status, error } = spawnSync(process.execPath, ['-e', 'process.exit(42)'], { timeout: 3000 });
  returned({ breach: status === 42 ? 'it started Node' : null, error: String(error?.code) });
});
