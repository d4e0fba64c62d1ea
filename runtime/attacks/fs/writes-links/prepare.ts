import { symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Links as a checkout may hold them. */
export default function prepare({ workspace, arena }: { workspace: string; arena: Record<string, unknown> }): void {
  symlinkSync(String(arena['file']), join(workspace, 'link'));
  symlinkSync(String(arena['target']), join(workspace, 'target'));
  symlinkSync(String(arena['outside']), join(workspace, 'folder'));
}
