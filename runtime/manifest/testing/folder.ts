import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';

/** A manifest with the least that it needs, and more lines. */
export function manifestText(...lines: string[]): string {
  return [
    'name: acme-tool',
    'version: 1.2.0',
    'description: A test.',
    'runtime: isolate',
    'main: index.ts',
    ...lines,
    '',
  ].join('\n');
}

/** A new folder with these files in it. */
export function testFolder(files: Readonly<Record<string, string | Uint8Array>>): AbsolutePath {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-plugin-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  // mkdtemp below an absolute folder.
  return folder as AbsolutePath;
}
