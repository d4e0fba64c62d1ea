/** Backs up or restores, and is killed at the n-th thing that is done: `killed.ts backup STATE OUT n`, `killed.ts restore FILE STATE n`. */
import type { AbsolutePath } from '../../../schemas/index.ts';
import { restoreBackup } from '../restore.ts';
import { writeBackup } from '../write.ts';

const [act, one = '', other = '', at] = process.argv.slice(2);
let left = Number(at);
const reached = (): void => {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
};
if (act === 'backup')
  await writeBackup({ state: one, out: other, version: '1.2.3', now: 0, keys: 'included', reached });
// The test gives an absolute path.
else await restoreBackup({ file: one, state: other as AbsolutePath, present: 'set aside', now: Date.now(), reached });
