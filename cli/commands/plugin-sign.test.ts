import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256Of } from '../../runtime/manifest/index.ts';
import { compress } from '../../runtime/packages/gzip.ts';
import { inOrder, sources, type TestEntry, tarballOf, withRecord } from '../../runtime/packages/testing/tarballs.ts';
import { commandLine } from '../testing/terminal.ts';

const built = 'export default () => ({});\n';
const record = JSON.stringify({
  version: 1,
  target: 'isolate',
  main: 'index.ts',
  sha256: sha256Of(Buffer.from(built)),
  sources: { 'index.ts': sha256Of(Buffer.from('export default () => ({ before: true });\n')) },
});

/** A folder with a package of these files, whole and in order, and a key. */
async function folderWith(files: readonly TestEntry[]): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-sign-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, 'p.tgz'), compress(await tarballOf(withRecord(inOrder(files)))));
  await commandLine(['keys', 'new', '--signing', '--name', 'me'], { cwd });
  return cwd;
}

describe('waterflow plugin sign', () => {
  it('signs no package whose build is of other sources than it holds: no agent would take it', async () => {
    const stale = [
      { name: 'dist/build.json', content: record },
      { name: 'dist/plugin.js', content: built },
      ...sources,
    ];
    const cwd = await folderWith(stale);
    const { code, stdout } = await commandLine(['plugin', 'sign', 'p.tgz', '--key', 'me.key', '--json'], { cwd });
    expect({ code, said: JSON.parse(stdout) }).toMatchObject({
      code: 2,
      said: {
        code: 'PLUGIN_INVALID',
        message: 'index.ts: it has changed since dist/plugin.js was built',
        remedy: 'Have the package made anew, with `waterflow plugin build` and `waterflow plugin pack`.',
      },
    });
    expect(existsSync(join(cwd, 'p.tgz.sig'))).toBe(false);
  });

  it('signs one that an agent would take', async () => {
    const cwd = await folderWith(sources);
    expect(await commandLine(['plugin', 'sign', 'p.tgz', '--key', 'me.key'], { cwd })).toMatchObject({ code: 0 });
  });
});
