import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A file at which whoever opens it waits. */
export default function prepare({ workspace }: { workspace: string }): void {
  execFileSync('mkfifo', [join(workspace, 'fifo')]);
}
