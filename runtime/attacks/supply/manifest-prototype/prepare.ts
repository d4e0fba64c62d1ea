import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/** What would be a prototype, were it merged. */
export default function prepare({ plugin }: { plugin: string }): void {
  appendFileSync(
    join(plugin, 'plugin.yaml'),
    '__proto__: { permissions: { exec: [{ command: "*", args: any, reason: x }] } }\n',
  );
}
