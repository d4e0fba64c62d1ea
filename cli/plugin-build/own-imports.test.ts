import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { type Bundle, bundlePlugin } from './bundle.ts';

/** Bundles src/index.ts, which consists of `code`, among these files. */
async function bundle(code: string, files: Readonly<Record<string, string>> = {}): Promise<Bundle> {
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-imports-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ 'src/index.ts': code, ...files })) {
    mkdirSync(join(cwd, 'greet', dirname(path)), { recursive: true });
    writeFileSync(join(cwd, 'greet', path), text);
  }
  // It may be reached through a link.
  symlinkSync('greet', join(cwd, 'link'));
  // Below an absolute folder.
  const folder = join(cwd, 'link') as AbsolutePath;
  return await bundlePlugin({ folder, main: 'src/index.ts', guestApi: 'external', form: 'module' });
}

const one = "export const value: string = 'one';\n";

describe('an import of a file of the plugin', () => {
  it('is by its path', async () => {
    const { sources, code } = await bundle("export { value } from './a.ts'; export * from '../data.json';\n", {
      'src/a.ts': "export { value } from './b/c.ts';\n",
      'src/b/c.ts': one,
      'data.json': '{ "data": 1 }',
    });
    expect(sources).toEqual(['data.json', 'src/a.ts', 'src/b/c.ts', 'src/index.ts']);
    expect(code).toContain('"one"');
  });

  it.each([
    ['./m', { 'src/m/index.ts': one }, "'./m' is no file; './m/index.ts' is"],
    ['./m', { 'src/m.ts': one }, "'./m' is no file; './m.ts' is"],
    ['./m.js', { 'src/m.ts': one }, "'./m.js' is no file; './m.ts' is"],
    ['../m', { 'm.ts': one }, "'../m' is no file; '../m.ts' is"],
    ['..', { 'index.ts': one }, "'..' is no file; '../index.ts' is"],
    ['./m', {}, 'Could not resolve "./m"'],
    ['#w', { 'package.json': '{ "imports": { "#w": "./src/w.ts" } }', 'src/w.ts': one }, "'#w' is no path"],
    ['/etc/hostname', {}, "'/etc/hostname' is no path"],
  ])('is refused by %s beside %j', async (path, files, message) => {
    await expect(bundle(`export { value } from '${path}';\n`, files)).rejects.toMatchObject({
      error: {
        code: 'BUILD_FAILED',
        message: expect.stringContaining(message),
        remedy: 'Correct the path; it is relative to the importing file, with its extension.',
        line: 1,
        column: 23,
      },
    });
  });

  it.each([
    [
      'a name that leads back into the folder',
      "export { value } from 'greet/w';\n",
      "src/index.ts: 'greet/w' is the plugin's own src/w.ts",
    ],
    [
      'a pattern',
      'export default (name: string) => import(`./x/${name}.ts`);\n',
      "src/index.ts: './x/**/*.ts' is no path of a file",
    ],
  ])('is refused by %s', async (_, code, message) => {
    const files = {
      'package.json': '{ "name": "greet", "exports": { "./w": "./src/w.ts" } }',
      'src/w.ts': one,
      'src/x/w.ts': one,
    };
    await expect(bundle(code, files)).rejects.toMatchObject({ error: { code: 'BUILD_FAILED', message } });
  });

  it('gives the same whatever a package.json says of the folder', async () => {
    const files = { 'src/w.ts': "export const value = (globalThis as { set?: string }).set = 'set';\n" };
    const code = "import './w.ts';\nexport default () => ({});\n";
    const settings = JSON.stringify({ type: 'module', sideEffects: false });
    expect((await bundle(code, { ...files, 'package.json': settings })).code).toBe((await bundle(code, files)).code);
  });

  it('leaves the ways of packages to packages', async () => {
    const { code, sources } = await bundle("export { value } from 'words';\n", {
      'node_modules/words/package.json': '{ "main": "./lib", "imports": { "#two": "./two.js" } }',
      'node_modules/words/lib/index.js': "export { value } from '../again';\n",
      'node_modules/words/again.js': "export { value } from '#two';\n",
      'node_modules/words/two.js': "export const value = 'two';\n",
    });
    expect(sources).toEqual(['src/index.ts']);
    expect(code).toContain('"two"');
  });
});
