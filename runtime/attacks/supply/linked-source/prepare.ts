import { symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The source that index.js imports is a file of somebody else. */
export default function prepare({ plugin, arena }: { plugin: string; arena: Record<string, unknown> }): void {
  symlinkSync(String(arena['file']), join(plugin, 'stolen.js'));
}
