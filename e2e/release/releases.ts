import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { createSigningKey, privateKeyText } from '../../runtime/trust/index.ts';
import { root } from '../command.ts';

/** What was made before the first test, each a folder. */
export interface Releases {
  readonly scratch: string;
  readonly commit: string;
  /** Of this commit. */
  readonly made: string;
  /** Of this commit, elsewhere. */
  readonly again: string;
  /** Of a commit after it, with the next version. */
  readonly next: string;
  /** Signs them. */
  readonly key: string;
  /** Its public half. */
  readonly publicKey: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    releases: Releases;
  }
}

/** Makes three releases of what is committed, in clones of their own. */
export default function setup(project: TestProject): () => void {
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-release-test-'));
  const remove = (): void => {
    execFileSync('chmod', ['-R', 'u+w', scratch]);
    rmSync(scratch, { recursive: true, force: true });
  };
  try {
    project.provide('releases', makeReleases(scratch));
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

function makeReleases(scratch: string): Releases {
  const place = (name: string): string => join(scratch, name);
  const made = makeReleasePair(scratch);
  const again = place('made-again');
  release(clone(place('the second one')), { out: again, key: made.key, umask: '077', timeZone: 'Pacific/Chatham' });
  return { scratch, ...made, again };
}

/** Makes a release of what is committed, and one of a commit after it, with the next version. */
export function makeReleasePair(scratch: string): Omit<Releases, 'scratch' | 'again'> {
  const place = (name: string): string => join(scratch, name);
  const signing = createSigningKey();
  const [key, publicKey] = [place('release.key'), place('release.pub')];
  writeFileSync(key, privateKeyText(signing, undefined), { mode: 0o600 });
  writeFileSync(publicKey, `${signing.publicKey.text}\n`);

  const [first, second] = [clone(place('first')), clone(place('next'))];
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: first, encoding: 'utf8' }).trim();
  raiseVersion(second);
  const [made, next] = [place('made'), place('made-next')];
  release(first, { out: made, key, umask: '022', timeZone: 'UTC' });
  release(second, { out: next, key, umask: '022', timeZone: 'UTC' });
  return { commit, made, next, key, publicKey };
}

/** A clone of what is committed, with the dependencies of this checkout. */
function clone(folder: string): string {
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, folder]);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  // .gitignore knows it as a folder.
  writeFileSync(join(folder, '.git', 'info', 'exclude'), 'node_modules\n');
  return folder;
}

function raiseVersion(folder: string): void {
  for (const name of ['package.json', 'package-lock.json']) {
    const text = readFileSync(join(folder, name), 'utf8');
    const raised = text.replaceAll(/("name": "waterflow",\s+"version": "\d+\.\d+\.)(\d+)"/gu, (_, before, patch) => {
      return `${before}${Number(patch) + 1}"`;
    });
    writeFileSync(join(folder, name), raised);
  }
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@localhost'];
  execFileSync('git', [...author, 'commit', '--quiet', '--all', '--message', 'Raise the version'], { cwd: folder });
}

function release(
  folder: string,
  given: { readonly out: string; readonly key: string; readonly umask: string; readonly timeZone: string },
): void {
  const command = `umask ${given.umask} && exec "$0" tools/release.ts --out "$1" --key "$2"`;
  execFileSync('sh', ['-c', command, process.execPath, given.out, given.key], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TZ: given.timeZone },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
