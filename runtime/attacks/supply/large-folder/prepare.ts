import { ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** A hundred gigabytes that take no room on the disk. */
export default function prepare({ plugin }: { plugin: string }): void {
  ftruncateSync(openSync(join(plugin, 'large.bin'), 'w'), 100 * 1024 ** 3);
}
