import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What of a package no program needs; whose it is (`copyright`) stays. */
const leftOut = /^\/usr\/share\/(?:man|info|locale|lintian|bash-completion|doc\/(?!.*\/copyright$).*)\//u;
/** Debian's folders of old, which are links since its version 12. */
const merged = ['bin', 'sbin', 'lib', 'lib64'] as const;

/**
 * Lays down the files of packages of the building machine's Debian and of all that these depend on, as far as they are installed: a root without a
 * package manager. Scripts of packages aren't run, so what those would make isn't there. Gives the packages with their versions.
 */
export function layDown(packages: readonly string[], root: string): readonly string[] {
  for (const name of merged) {
    mkdirSync(join(root, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, join(root, name));
  }
  const all = closureOf(packages);
  for (const name of all) {
    for (const path of dpkgQuery('-L', name).split('\n')) if (!leftOut.test(path)) copyIfFile(path, root);
  }
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  if (all.includes('ca-certificates')) copyIfFile(certificates, root);
  return all.map((name) => dpkgQuery('-W', '-f', '${Package} ${Version}\n', name).split('\n', 1).join());
}

function copyIfFile(path: string, root: string): void {
  const stats = path.startsWith('/') ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
  if (stats === undefined || stats.isDirectory()) return;
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  if (existsSync(target)) return;
  if (stats.isSymbolicLink()) symlinkSync(readlinkSync(path), target);
  else cpSync(path, target, { preserveTimestamps: true });
}

function closureOf(packages: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const waiting = [...packages];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const fields = dpkgQuery('-W', '-f', '${Pre-Depends}, ${Depends}\n', name).split('\n', 1).join();
    waiting.push(...fields.split(',').flatMap((field) => firstInstalled(field) ?? []));
  }
  return [...found].toSorted();
}

/** Of alternatives, `a (>= 1) | b`, the first that is here. What is provided by others isn't looked for. */
function firstInstalled(field: string): string | undefined {
  const names = field.split('|').map((text) => text.trim().replace(/[\s:(].*$/su, ''));
  // Run when packages are installed, which nobody does in this root.
  const ofInstallation = /^(?:debconf|dpkg|perl|perl-base|install-info|adduser|passwd|lsb-base)(?:-|$)/u;
  return names.find((name) => name !== '' && !ofInstallation.test(name) && isInstalled(name));
}

function isInstalled(name: string): boolean {
  try {
    return dpkgQuery('-W', '-f', '${db:Status-Status}\n', name).startsWith('installed');
  } catch {
    return false;
  }
}

function dpkgQuery(...argv: readonly string[]): string {
  return execFileSync('dpkg-query', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
