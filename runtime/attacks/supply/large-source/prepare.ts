import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Three megabytes of comment. */
export default function prepare({ plugin }: { plugin: string }): void {
  writeFileSync(join(plugin, 'large.js'), `// ${'x'.repeat(3 << 20)}`);
}
