import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPlugin } from '../../runtime/manifest/index.ts';
import { lintSources, missingInModules } from '../../runtime/plugin-lint/index.ts';
import { requestOf } from '../../runtime/testing/invocation.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { guestGlobals } from '../plugin-commands/guest-globals.ts';
import { writeTypes } from '../plugin-types/write-types.ts';
import { buildPlugin } from './build-plugin.ts';
import { writeBuild } from './write-build.ts';

const root = join(import.meta.dirname, '../..');
const declarations = readFileSync(join(root, 'runtime/guest/types/globals.d.ts'), 'utf8');
const declared = Array.from(
  declarations.matchAll(/^declare (?:class|const|function) (\w+)/gm),
  ([, name = '']) => name,
);
/** Each declared class with the names that its declaration gives to its members; the constructor and symbols aside. */
const classes = Array.from(
  declarations.matchAll(/^declare class (\w+)[^{]*\{\n([\s\S]*?)\n\}/gm),
  ([, name = '', body = '']) => ({
    name,
    members: Array.from(body.matchAll(/^ {2}(?:readonly )?(\w+)[(:<]/gm), ([, member = '']) => member).filter(
      (member) => member !== 'constructor',
    ),
    statics: Array.from(body.matchAll(/^ {2}static (\w+)/gm), ([, member = '']) => member),
  }),
);

/** How a class is made whose objects have their members only then. */
const samples: Readonly<Record<string, string>> = {
  TextDecoder: 'new TextDecoder()',
  TextEncoder: 'new TextEncoder()',
  Event: "new Event('a')",
  URL: "new URL('https://example.com')",
  AbortSignal: 'AbortSignal.abort()',
};
const sampleOf = (name: string): string => samples[name] ?? `new ${name}()`;
const asking = `export default () => ({
  names: Object.getOwnPropertyNames(globalThis),
  missing: [${classes
    .flatMap(({ name, members, statics }) => [
      ...members.map((member) => `['${name}.prototype.${member}', '${member}' in ${sampleOf(name)}]`),
      ...statics.map((member) => `['${name}.${member}', '${member}' in ${name}]`),
    ])
    .join(', ')}].filter(([, isThere]) => !isThere),
  used: [${declared.join(', ')}].length,
});\n`;

/** Names that authors know from elsewhere, and that no plugin has. */
const elsewhere = [
  'fetch',
  'process',
  'Buffer',
  'require',
  'setInterval',
  'setImmediate',
  'document',
  'window',
  'performance',
  'XMLHttpRequest',
  'localStorage',
];

const folder = mkdtempSync(join(tmpdir(), 'waterflow-declared-')) as AbsolutePath; // tmpdir() is absolute.
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const supervisor = sharedSupervisor();
let languageOnly: ReadonlySet<string>;
let isolate: ReadonlySet<string>;
beforeAll(async () => {
  languageOnly = new Set<string>(runInNewContext('Object.getOwnPropertyNames(globalThis)'));
  isolate = await guestGlobals(supervisor());
});

/** What such a plugin says of its sandbox. */
async function askIn(target: 'isolate' | 'wasm') {
  const plugin = join(folder, target) as AbsolutePath; // Below an absolute folder.
  mkdirSync(plugin);
  writeFileSync(join(plugin, 'index.ts'), asking);
  writeFileSync(
    join(plugin, 'plugin.yaml'),
    `name: p\nversion: 1.0.0\ndescription: Asks.\nruntime: ${target}\nmain: index.ts\n`,
  );
  writeBuild(plugin, (await buildPlugin(plugin, { env: process.env })).files);
  const outcome = await supervisor().invoke(requestOf(await loadPlugin(plugin, { origin: 'built-in' })));
  expect(outcome).toMatchObject({ kind: 'returned', outputs: { missing: [], used: declared.length } });
  // As it was asked for.
  return new Set((outcome as unknown as { readonly outputs: { readonly names: readonly string[] } }).outputs.names);
}

describe('the declarations of globals', () => {
  it('are of what a sandbox has beside the language, all of it and no more', () => {
    // The console that V8 has of its own writes nowhere, and is replaced.
    const beside = [...isolate].filter((name) => name === 'console' || !languageOnly.has(name));
    expect([...declared].sort()).toEqual(beside.sort());
  });

  it('say members that are there, in an isolate and in a module, which differ by what a check says of modules', async () => {
    const module = await askIn('wasm');
    expect(await askIn('isolate')).toEqual(isolate);
    expect([...isolate.difference(module)]).toEqual(missingInModules);
  });

  it('are what a compiler goes by in a folder that `plugin new` made, and agree with what `plugin check` finds', () => {
    const author = join(folder, 'author') as AbsolutePath; // Below an absolute folder.
    mkdirSync(author);
    const manifest = { name: 'p', version: '1.0.0', description: 'x', runtime: 'isolate', main: 'index.ts' } as const;
    writeTypes(author, manifest);
    cpSync(join(root, 'plugin-templates/ts/tsconfig.json'), join(author, 'tsconfig.json'));
    const lines = [
      ...declared.map((name) => `void ${name};`),
      ...elsewhere.map((name) => `// @ts-expect-error\nvoid ${name};`),
      "const timer: number = setTimeout((text: string) => text.length, 5, 'a');\nclearTimeout(timer);",
      "const names: string[] = [...new URL('https://a').searchParams.keys()];\nvoid names;",
      "export const digest: ArrayBuffer = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('a'));",
    ];
    writeFileSync(join(author, 'index.ts'), `${lines.join('\n')}\n`);
    const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', author], { encoding: 'utf8' });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });

    const uses = [...declared, ...elsewhere].map((name) => `void ${name};`);
    const source = [...uses, 'export default () => ({});'].join('\n');
    const sources = {
      main: 'index.js',
      modules: { 'index.js': source },
      isBundled: () => false,
      shown: (path: string) => path,
    };
    const { findings } = lintSources(sources, { manifest, globals: isolate });
    expect(findings.map(({ code, line }) => [code, line])).toEqual(
      elsewhere.map((_, index) => ['PLUGIN_GLOBAL_MISSING', declared.length + index + 1]),
    );
  });
});
