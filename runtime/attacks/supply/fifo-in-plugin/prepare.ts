import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A source at which whoever opens it waits. */
export default function prepare({ plugin }: { plugin: string }): void {
  execFileSync('mkfifo', [join(plugin, 'waits.js')]);
}
