import { symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A folder of somebody else, in the place of one of the plugin's. */
export default function prepare({ plugin, arena }: { plugin: string; arena: Record<string, unknown> }): void {
  symlinkSync(String(arena['outside']), join(plugin, 'library'));
}
