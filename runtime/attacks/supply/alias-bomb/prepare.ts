import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Nine levels of ten aliases each: a thousand million values. */
export default function prepare({ plugin }: { plugin: string }): void {
  const levels = Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(10)}]`);
  writeFileSync(join(plugin, 'plugin.yaml'), `a0: &a0 x\n${levels.join('\n')}\n`);
}
