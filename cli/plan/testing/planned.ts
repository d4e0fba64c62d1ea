import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

import { commandLine } from '../../testing/terminal.ts';
import type { PlanOutline } from '../api.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** `waterflow plan` over one file, which may call others. */
export function planOf(
  text: string,
  argv: readonly string[] = [],
  others: Readonly<Record<string, string>> = {},
): ReturnType<typeof commandLine> {
  return commandLine(['plan', 'w.yml', ...argv], { cwd: folderWith({ 'w.yml': text, ...others }) });
}

/** The same with --json, read. */
export async function outlineOf(
  text: string,
  argv: readonly string[] = [],
  others: Readonly<Record<string, string>> = {},
): Promise<PlanOutline> {
  const { stdout } = await planOf(text, [...argv, '--json'], others);
  // The command's own form.
  return JSON.parse(stdout) as PlanOutline;
}
