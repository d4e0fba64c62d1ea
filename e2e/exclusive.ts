import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Once no other test file of this machine holds what is named so, such as an image by its name; held until disposed of. */
export async function exclusive(name: string): Promise<Disposable> {
  const file = join(tmpdir(), `waterflow-exclusive-${name}`);
  while (!take(file)) {
    if (isLeft(file)) rmSync(file, { force: true });
    else await sleep(100);
  }
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

/** By a process that is gone. */
function isLeft(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return false;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'ESRCH';
  }
}
