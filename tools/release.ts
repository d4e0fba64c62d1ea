// `npm run release [-- --out FOLDER] [--key FILE] [--uncommitted]`: makes everything that is published of a version, of what is committed: npm's
// package, the Linux archive, bills of materials, checksums, and with --key a signature. The same commit gives the same bytes.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeArchive } from '../cli/release/archive.ts';
import { digestOfFile, signatureFile, signSums, sumsFile, sumsText } from '../cli/release/sums.ts';
import { readSigningKey } from '../runtime/trust/index.ts';
import { bundledDependencies, type Platform, readLock, shippedDependencies } from './release/dependencies.ts';
import { linuxArchive, versionOfNode } from './release/linux-archive.ts';
import { nodeLicence } from './release/node-licence.ts';
import { packageFiles, packNpm } from './release/package-files.ts';
import { billOfMaterials, type Parts } from './release/sbom.ts';
import { copyTracked, type Sources } from './release/sources.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What is bundled into the console and into what plugins find in their sandbox. */
const bundled = [
  'preact',
  '@preact/signals',
  'anser',
  '@codemirror/autocomplete',
  '@codemirror/commands',
  '@codemirror/lang-yaml',
  '@codemirror/language',
  '@codemirror/search',
  '@codemirror/state',
  '@codemirror/view',
  '@lezer/highlight',
  '@exodus/bytes',
  '@noble/hashes',
  'base-64',
  'event-target-shim',
  'whatwg-url-minimum',
];

await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<void> {
  const options = {
    out: { type: 'string', default: join(root, 'dist', 'release') },
    key: { type: 'string' },
    uncommitted: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ args: [...argv], options });
  const out = resolve(values.out);
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-release-'));
  process.umask(0o022);
  try {
    const sources = copyTracked(root, join(scratch, 'sources'), { allowChanges: values.uncommitted });
    say('building...');
    build(sources);
    const made = join(scratch, 'made');
    mkdirSync(made);
    const platform: Platform = { os: 'linux', cpu: 'x64' };
    await makeAll({ sources, made, scratch, platform });
    await addSums(made, values.key);
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    for (const name of readdirSync(made)) copyFileSync(join(made, name), join(out, name));
    for (const name of readdirSync(out).toSorted()) process.stdout.write(`${join(out, name)}\n`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Compiles, and notes of what. */
function build({ folder, built }: Sources): void {
  execFileSync(process.execPath, ['tools/build.ts'], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  writeFileSync(join(folder, 'dist', 'build.json'), `${JSON.stringify(built, undefined, 2)}\n`);
}

async function makeAll(given: {
  readonly sources: Sources;
  readonly made: string;
  readonly scratch: string;
  readonly platform: Platform;
}): Promise<void> {
  const { sources, made, scratch, platform } = given;
  const { folder, time, built } = sources;
  const locked = readLock(folder);
  const { version = '' } = locked[''] ?? {};
  const name = `waterflow-${version}`;
  const files = packageFiles(folder);
  const npm = shippedDependencies(root, locked, platform);
  const common = {
    version,
    built,
    bundled: bundledDependencies(locked, bundled),
    quickjs: { version: quickjsVersion(folder) },
  } satisfies Partial<Parts>;

  say(`${name}.tgz...`);
  await packNpm(join(made, `${name}.tgz`), { folder, files, time });
  const packageSbom = billOfMaterials({ ...common, platform: undefined, npm, node: undefined, debian: [] });
  writeFileSync(join(made, `${name}.cdx.json`), packageSbom);

  const target = `${name}-${platform.os}-${platform.cpu}`;
  say(`${target}.tar.gz...`);
  const native = join(scratch, 'native');
  mkdirSync(native);
  const archive = await linuxArchive({
    root,
    sources: folder,
    scratch: native,
    files,
    npm,
    platform,
    nodeLicence: nodeLicence(versionOfNode(root), platform, scratch),
    sbom: ({ debian, nodeSha256 }) =>
      billOfMaterials({
        ...common,
        platform: `${platform.os}-${platform.cpu}`,
        npm,
        node: { version: versionOfNode(root), sha256: nodeSha256 },
        debian: debian.map((file) => file.package),
      }),
  });
  await writeArchive(join(made, `${target}.tar.gz`), archive.entries, { folder: target, time, compression: 'gzip' });
  writeFileSync(join(made, `${target}.cdx.json`), archive.sbom);
  writeFileSync(join(made, `${target}.contents`), archive.sums);
}

/** The page of dependencies has it, since the engine's sources are no package. */
function quickjsVersion(folder: string): string {
  const page = readFileSync(join(folder, 'docs', 'dependencies.md'), 'utf8');
  const [, version] = /QuickJS-ng (\d+\.\d+\.\d+)/u.exec(page) ?? [];
  if (version === undefined) throw new Error("docs/dependencies.md doesn't say which QuickJS-ng the engine is made of");
  return version;
}

async function addSums(folder: string, keyFile: string | undefined): Promise<void> {
  const sums = new Map<string, string>();
  for (const name of readdirSync(folder)) sums.set(name, await digestOfFile(join(folder, name)));
  const text = sumsText(sums);
  writeFileSync(join(folder, sumsFile), text);
  if (keyFile === undefined) {
    say(`not signed: name a key with --key, made by \`waterflow keys new --signing\``);
    return;
  }
  if (!existsSync(keyFile)) throw new Error(`${keyFile} is not there`);
  const passphrase = process.env['WATERFLOW_KEY_PASSPHRASE'];
  const key = readSigningKey(readFileSync(keyFile, 'utf8'), passphrase === '' ? undefined : passphrase);
  writeFileSync(join(folder, signatureFile), signSums(text, key));
  say(`signed by ${key.publicKey.id}`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
