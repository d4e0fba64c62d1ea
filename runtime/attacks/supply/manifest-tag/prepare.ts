import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/** A tag as YAML libraries carry out. */
export default function prepare({ plugin }: { plugin: string }): void {
  appendFileSync(join(plugin, 'plugin.yaml'), 'author: !!js/function "function () { return 1; }"\n');
}
