// `npm run images [-- --release FOLDER] [--out FOLDER]`: makes the images waterflow/server and waterflow/agent of a release without any registry, FROM
// scratch with files of this machine's own Debian, and saves them as files. Docker is asked by the environment, as by its own command.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readRelease } from '../cli/release/read-release.ts';
import { layDown } from './images/debian-root.ts';
import { type ImageRole, scratchDockerfile } from './images/scratch-dockerfile.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What steps on agents mostly want, beside bubblewrap and util-linux for their sandboxes. */
const programs: readonly string[] =
  'libc6 libstdc++6 ca-certificates bash dash coreutils findutils grep gzip sed tar util-linux bubblewrap git openssh-client'.split(
    ' ',
  );

/** A server needs the C++ library beside glibc, and who signs certificates. */
const packages: Readonly<Record<ImageRole, readonly string[]>> = {
  server: ['libc6', 'libstdc++6', 'ca-certificates'],
  agent: programs,
};

await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<void> {
  const options = {
    release: { type: 'string', default: join(root, 'dist', 'release') },
    out: { type: 'string', default: join(root, 'dist', 'images') },
  } as const;
  const { values } = parseArgs({ args: [...argv], options });
  const out = resolve(values.out);
  const release = await readRelease(resolve(values.release));
  mkdirSync(out, { recursive: true });
  for (const role of ['server', 'agent'] as const) {
    const context = mkdtempSync(join(tmpdir(), `waterflow-image-${role}-`));
    try {
      process.stdout.write(`${makeImage(role, { context, out, folder: release.folder, version: release.version })}\n`);
    } finally {
      rmSync(context, { recursive: true, force: true });
    }
  }
}

/** Gives the file that the image was saved to. */
function makeImage(
  role: ImageRole,
  given: { readonly context: string; readonly out: string; readonly folder: string; readonly version: string },
): string {
  const { context, out, folder, version } = given;
  process.umask(0o022);
  const tree = join(context, 'root');
  const product = join(tree, 'opt', 'waterflow', 'current');
  mkdirSync(product, { recursive: true });
  mkdirSync(join(tree, 'tmp'));
  // A tmpfs there gets the same mode.
  chmodSync(join(tree, 'tmp'), 0o1777);
  mkdirSync(join(tree, 'etc'));
  mkdirSync(join(context, 'state'), { mode: 0o700 });
  layDown(packages[role], tree);
  const archive = join(folder, `waterflow-${version}-linux-x64.tar.gz`);
  execFileSync('tar', ['-xzf', archive, '-C', product, '--strip-components=1', '--no-same-owner']);
  const built = JSON.parse(
    execFileSync(join(product, 'bin', 'waterflow'), ['--version', '--json'], { encoding: 'utf8' }),
  ) as {
    readonly commit: string;
  }; // Our own.
  const { dockerfile, passwd, group } = scratchDockerfile(role, { version, commit: built.commit });
  writeFileSync(join(tree, 'etc', 'passwd'), passwd);
  writeFileSync(join(tree, 'etc', 'group'), group);
  writeFileSync(join(tree, 'etc', 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
  writeFileSync(join(context, 'Dockerfile'), dockerfile);
  const tag = `waterflow/${role}:${version}`;
  // Without BuildKit, which may be missing; nothing here wants it.
  const env = { ...process.env, DOCKER_BUILDKIT: '0' };
  execFileSync('docker', ['build', '--quiet', '--network=none', '--tag', tag, context], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const file = join(out, `waterflow-${role}-${version}.tar`);
  const unfinished = `${file}.part`;
  execFileSync('docker', ['save', '--output', unfinished, tag], { stdio: ['ignore', 'ignore', 'inherit'] });
  renameSync(unfinished, file);
  return file;
}
