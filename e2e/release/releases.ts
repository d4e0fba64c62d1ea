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
  const signing = createSigningKey();
  writeFileSync(place('release.key'), privateKeyText(signing, undefined), { mode: 0o600 });
  writeFileSync(place('release.pub'), `${signing.publicKey.text}\n`);

  const clones = [clone(place('first')), clone(place('the second one')), clone(place('next'))] as const;
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: clones[0], encoding: 'utf8' }).trim();
  raiseVersion(clones[2]);
  const [made, again, next] = [place('made'), place('made-again'), place('made-next')];
  const key = place('release.key');
  release(clones[0], { out: made, key, umask: '022', timeZone: 'UTC' });
  release(clones[1], { out: again, key, umask: '077', timeZone: 'Pacific/Chatham' });
  release(clones[2], { out: next, key, umask: '022', timeZone: 'UTC' });
  return { scratch, commit, made, again, next, key, publicKey: place('release.pub') };
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
