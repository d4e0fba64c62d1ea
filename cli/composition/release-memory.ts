import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** V8's `gc()`, as `--expose-gc` has it (V8 13.6). `last-resort`: it gives back all that it can, caches and code that ran once, too. */
type Collect = (options: {
  readonly type: 'major';
  readonly execution: 'sync';
  readonly flavor: 'last-resort';
}) => void;

/**
 * Gives memory back that the process has and doesn't use, for one that has nothing to do for a while: V8 collects garbage as more is
 * allocated, so what the last work left would stay. Blocks for some tenths of a second.
 */
export function releaseMemory(): void {
  // A context made while the flag is set has it; nobody else gets to see it.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
