// Changes a plugin folder, as change-folder.ts does, and kills itself with SIGKILL before the n-th time that something is renamed: a rename
// is where a change takes effect. Arguments: the folder, `install` or `remove`, what, and n.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [folder = '', act = '', what = '', count = ''] = process.argv.slice(2);
let left = Number(count);
const rename = fs.renameSync;
fs.renameSync = (from, to) => {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
  rename(from, to);
};
syncBuiltinESMExports();

// Only now, so that what it imports sees the renameSync() from above.
const { changeFolder } = await import('./change-folder.ts');
await changeFolder(folder, act === 'remove' ? 'remove' : 'install', what);
