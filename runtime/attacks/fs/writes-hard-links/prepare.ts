import { linkSync } from 'node:fs';
import { join } from 'node:path';

/** A second name for files that lie elsewhere. */
export default function prepare({ workspace, arena }: { workspace: string; arena: Record<string, unknown> }): void {
  linkSync(String(arena['file']), join(workspace, 'hard'));
  linkSync(String(arena['target']), join(workspace, 'hard-target'));
}
