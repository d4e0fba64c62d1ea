import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The image of these tests: busybox and nothing else, made here since there may be no registry. */
export const testImage = 'waterflow.test/busybox:1';

const programs = (
  'sh cat echo env id kill ls ln mkdir mount nc nslookup ping ps rm seq sleep stat touch true false wc wget dd head ' +
  'grep chmod chown printf ip yes tail sed'
).split(' ');

/** Imports it, unless the daemon has it. */
export function importTestImage(name: string = testImage, changes: readonly string[] = []): void {
  if (changes.length === 0 && spawnSync('docker', ['image', 'inspect', name], { stdio: 'ignore' }).status === 0) return;
  const root = mkdtempSync(join(tmpdir(), 'waterflow-image-'));
  try {
    chmodSync(root, 0o755);
    for (const folder of ['bin', 'tmp', 'work', 'proc', 'sys', 'dev', 'etc', 'data']) mkdirSync(join(root, folder));
    copyFileSync('/usr/bin/busybox', join(root, 'bin', 'busybox'));
    for (const program of programs) symlinkSync('busybox', join(root, 'bin', program));
    const tar = execFileSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 64 * 1024 * 1024 });
    execFileSync('docker', ['import', ...changes.flatMap((change) => ['--change', change]), '-', name], { input: tar });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What the docker CLI prints, trimmed. */
export function docker(...args: readonly string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8' }).trim();
}
