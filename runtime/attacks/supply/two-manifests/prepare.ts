import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/** The key permissions twice: which one holds is a matter of the parser. */
export default function prepare({ plugin }: { plugin: string }): void {
  appendFileSync(
    join(plugin, 'plugin.yaml'),
    'permissions: {}\npermissions: { exec: [{ command: "*", args: any, reason: x }] }\n',
  );
}
