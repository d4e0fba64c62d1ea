import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extract, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testFolder } from '../../runtime/manifest/testing/folder.ts';
import { writePackage } from '../../runtime/registry/testing/registries.ts';
import { createSigningKey, privateKeyText } from '../../runtime/trust/index.ts';
import { isOlder } from '../release/bundle-manifest.ts';
import { signSums, sumsText } from '../release/sums.ts';
import { writeRelease } from '../testing/site-bundles.ts';
import { commandLine } from '../testing/terminal.ts';

const key = createSigningKey();
const stranger = createSigningKey();
const cwd = testFolder({ 'site.pub': `${key.publicKey.text}\n`, 'other.pub': `${stranger.publicKey.text}\n` });
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const run = (...argv: readonly string[]) => commandLine(['bundle', ...argv], { cwd });
const make = (release: string, out: string, ...more: readonly string[]) =>
  run('--release', release, '--key', 'site.key', '--out', out, ...more);
const verify = (file: string, ...more: readonly string[]) => run('verify', file, '--key', 'site.pub', ...more);

beforeAll(async () => {
  writeFileSync(join(cwd, 'site.key'), privateKeyText(key, undefined), { mode: 0o600 });
  writeFileSync(join(cwd, 'temporal'), 'a program', { mode: 0o755 });
  await writeRelease(join(cwd, 'old'), '1.0.0');
  await writeRelease(join(cwd, 'new'), '1.1.0');
  await writePackage(join(cwd, 'packages'), { name: 'acme-tool' }, [key]);
  const made = [
    await make('old', 'old.tar'),
    await make('new', 'site.tar', '--plugins', 'packages', '--with-temporal', 'temporal'),
  ];
  for (const { code, stderr } of made) if (code !== 0) throw new Error(stderr);
});

const units = readdirSync(join(import.meta.dirname, '..', '..', 'deploy', 'systemd')).toSorted();

describe('a bundle', () => {
  it('is made, verified, and says what it holds', async () => {
    const { code, stdout } = await verify('site.tar', '--json');
    const report = JSON.parse(stdout) as { parts: readonly { readonly path: string; readonly kind: string }[] };
    expect({ code, ...report }).toMatchObject({ code: 0, version: '1.1.0', signer: key.publicKey.id });
    expect(report.parts.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'installer install.sh',
      'plugin plugins/acme-tool-1.2.0.tgz',
      'plugin plugins/acme-tool-1.2.0.tgz.sig',
      'plugin plugins/plugins.json',
      'release release/SHA256SUMS',
      'release release/waterflow-1.1.0-linux-x64.cdx.json',
      'release release/waterflow-1.1.0-linux-x64.contents',
      'release release/waterflow-1.1.0-linux-x64.tar.gz',
      ...units.map((name) => `unit systemd/${name}`),
      'temporal temporal/dynamic.yaml',
      'temporal temporal/temporal-server',
      'temporal temporal/temporal.yaml',
    ]);
  });

  it('is the same each time, in any of three forms', async () => {
    const argv = ['--plugins', 'packages', '--with-temporal', 'temporal'];
    await make('new', 'again.tar', ...argv);
    expect(readFileSync(join(cwd, 'again.tar'))).toEqual(readFileSync(join(cwd, 'site.tar')));
    for (const name of ['site.tar.zst', 'site.tar.gz']) {
      expect(await make('new', name, ...argv)).toMatchObject({ code: 0 });
      expect(await verify(name)).toMatchObject({ code: 0 });
    }
  });

  it('is not made of a release that is not whole, a plugin that nobody signed, or over another file', async () => {
    await writeRelease(join(cwd, 'broken'), '1.2.0');
    truncateSync(join(cwd, 'broken', 'waterflow-1.2.0-linux-x64.contents'), 1);
    await writePackage(join(cwd, 'unsigned'), { name: 'acme-tool' }, []);
    const refusals = [
      await make('broken', 'a.tar'),
      await make('new', 'a.tar', '--plugins', 'unsigned'),
      await make('new', 'site.tar'),
      await make('new', 'site.zip'),
      await make('new', 'a.tar', '--images', 'nowhere.tar'),
    ].map(({ code, stderr }) => [code, /error\[(\w+)\]/u.exec(stderr)?.[1]]);
    expect(refusals).toEqual([
      [2, 'RELEASE_INVALID'],
      [2, 'SIGNATURE_MISSING'],
      [2, 'USAGE'],
      [2, 'USAGE'],
      [2, 'FILE_NOT_READABLE'],
    ]);
  });
});

/** What tar-stream reads and writes of a header. */
type Header = Parameters<ReturnType<typeof pack>['entry']>[0];

interface Piece {
  readonly header: Header;
  readonly bytes: Buffer;
}

async function piecesOf(file: string): Promise<readonly Piece[]> {
  const reading = extract();
  reading.end(readFileSync(join(cwd, file)));
  const pieces: Piece[] = [];
  for await (const entry of reading) {
    const chunks: Buffer[] = [];
    // The stream gives buffers only; its type doesn't say so.
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    pieces.push({ header: entry.header, bytes: Buffer.concat(chunks) });
  }
  return pieces;
}

/** What verify says of a bundle of these pieces. */
async function saidOf(pieces: readonly Piece[]): Promise<string> {
  const tar = pack();
  for (const { header, bytes } of pieces) {
    const { name, mode, uid, gid, type, linkname } = header;
    const fields = {
      name,
      ...(mode === undefined ? {} : { mode }),
      ...(uid === undefined ? {} : { uid }),
      gid: gid ?? 0,
    };
    const link = linkname === undefined || linkname === null ? {} : { linkname };
    tar.entry({ ...fields, ...link, type: type ?? 'file', mtime: new Date(0) }, bytes);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  writeFileSync(join(cwd, 'changed.tar'), Buffer.concat(chunks));
  const { stderr } = await verify('changed.tar');
  return stderr.split('\n')[0] ?? '';
}

describe('a bundle that somebody changed', () => {
  const folder = 'waterflow-site-1.1.0';
  const archive = `${folder}/release/waterflow-1.1.0-linux-x64.tar.gz`;
  const program = `${folder}/temporal/temporal-server`;
  const changing = (name: string, change: (piece: Piece) => readonly Piece[]) => (pieces: readonly Piece[]) =>
    pieces.flatMap((piece) => (piece.header.name === name ? change(piece) : [piece]));
  const withHeader = (name: string, fields: Partial<Header>) =>
    changing(name, ({ header, bytes }) => [{ header: { ...header, ...fields }, bytes }]);
  const additional = (name: string, fields: Partial<Header> = {}): Piece => {
    const bytes = Buffer.from(fields.type === 'symlink' ? '' : 'x');
    return { header: { name, mode: 0o644, uid: 0, gid: 0, type: 'file', ...fields }, bytes };
  };

  it.each<[string, (pieces: readonly Piece[]) => readonly Piece[], string]>([
    [
      'a byte',
      changing(archive, ({ header, bytes }) => [{ header, bytes: Buffer.from(bytes).fill(0, 20, 21) }]),
      'was changed',
    ],
    ['a missing part', changing(program, () => []), 'is missing'],
    ['an additional file', (pieces) => [...pieces, additional(`${folder}/more.sh`)], 'is additional'],
    ['a part twice', changing(program, (piece) => [piece, piece]), 'is in it twice'],
    [
      'a link',
      (pieces) => [...pieces, additional(`${folder}/a`, { type: 'symlink', linkname: '/etc' })],
      'is no file, but a symlink',
    ],
    [
      'a path that leads out',
      (pieces) => [...pieces, additional(`${folder}/../../etc/cron.d/a`)],
      'is no path in a folder',
    ],
    ['a file beside its folder', (pieces) => [...pieces, additional('other/a')], 'is not in the folder'],
    [
      'a program that is none any more',
      withHeader(`${folder}/install.sh`, { mode: 0o644 }),
      'has another size or mode',
    ],
    ['a file that became a program', withHeader(`${folder}/bundle.json`, { mode: 0o4755 }), 'the mode 4755'],
    ['another owner', withHeader(program, { uid: 1000 }), 'has the owner 1000:0'],
    ['no signature', changing(`${folder}/SHA256SUMS.sig`, () => []), 'SHA256SUMS.sig is missing'],
  ])('is refused: %s', async (_, change, message) => {
    const said = await saidOf(change(await piecesOf('site.tar')));
    expect(said).toContain('BUNDLE_INVALID');
    expect(said).toContain(message);
  });

  it('is refused with an archive of an older bundle of the same signer', async () => {
    const older = (await piecesOf('old.tar')).find(({ header }) => header.name.endsWith('.tar.gz'));
    const change = changing(archive, ({ header }) => [{ header, bytes: older?.bytes ?? Buffer.alloc(0) }]);
    expect(await saidOf(change(await piecesOf('site.tar')))).toContain('BUNDLE_INVALID');
  });

  it('is refused where a stranger signed it anew', async () => {
    const sums = sumsText(new Map([['bundle.json', 'a'.repeat(64)]]));
    const replaced = new Map([
      [`${folder}/SHA256SUMS`, Buffer.from(sums)],
      [`${folder}/SHA256SUMS.sig`, signSums(sums, stranger)],
    ]);
    const pieces = (await piecesOf('site.tar')).map((piece) => ({
      ...piece,
      bytes: replaced.get(piece.header.name) ?? piece.bytes,
    }));
    expect(await saidOf(pieces)).toContain('BUNDLE_UNSIGNED');
  });

  it('is refused where it was cut off', async () => {
    const bytes = readFileSync(join(cwd, 'site.tar'));
    writeFileSync(join(cwd, 'cut.tar'), bytes.subarray(0, bytes.length / 2));
    expect((await verify('cut.tar')).stderr).toContain('BUNDLE_INVALID');
  });

  it('is refused by who trusts another key, and where something newer is installed', async () => {
    expect((await run('verify', 'site.tar', '--key', 'other.pub')).stderr).toContain('BUNDLE_UNSIGNED');
    expect(await run('verify', 'site.tar', '--key', 'other.pub', '--key', 'site.pub')).toMatchObject({ code: 0 });
    expect((await verify('old.tar', '--installed', '1.1.0')).stderr).toContain('BUNDLE_DOWNGRADE');
    expect(await verify('site.tar', '--installed', '1.1.0')).toMatchObject({ code: 0 });
    expect((await verify('site.tar', '--installed', 'v1')).stderr).toContain('--installed v1 is no version');
  });
});

describe('an older version', () => {
  it.each([
    ['1.0.0', '1.0.1'],
    ['1.9.0', '1.10.0'],
    ['1.0.0-rc.1', '1.0.0'],
    ['1.0.0-rc.2', '1.0.0-rc.10'],
    ['1.0.0-alpha', '1.0.0-alpha.1'],
    ['1.0.0-1', '1.0.0-alpha'],
  ])('%s is older than %s, and not the other way round', (older, newer) => {
    expect([isOlder(older, newer), isOlder(newer, older), isOlder(newer, newer)]).toEqual([true, false, false]);
  });
});
