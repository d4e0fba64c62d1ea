import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile } from '../dsl/index.ts';
import { createPluginCatalogue, loadPlugin } from '../runtime/manifest/index.ts';
import { readPolicy } from '../runtime/policy/read.ts';
import type { AbsolutePath } from '../schemas/index.ts';
import { blockOn, blocksOn } from '../tools/code-blocks/blocks.ts';

const examples = import.meta.dirname as AbsolutePath; // Absolute, as Node says.
const repository = dirname(examples);
const realLife = join(examples, 'real-life') as AbsolutePath;
const catalogue = createPluginCatalogue({ builtIn: join(repository, 'plugins') as AbsolutePath });

function diagnosticsOf(file: string, folder: AbsolutePath): readonly unknown[] {
  const readWorkflow = (path: string): { readonly source: Buffer } => ({ source: readFileSync(join(folder, path)) });
  return compile(readFileSync(join(folder, file)), { file, catalogue: catalogue.nodes(folder), readWorkflow })
    .diagnostics;
}

function workflowsIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.yml'));
}

/** Each plugin of a folder, for a test's name and its body. */
function pluginsIn(folder: AbsolutePath): readonly (readonly [name: string, folder: AbsolutePath])[] {
  // Below an absolute path.
  return readdirSync(join(folder, 'plugins')).map((name) => [name, join(folder, 'plugins', name) as AbsolutePath]);
}

describe('the examples', () => {
  it.each(workflowsIn(examples))('%s is a workflow without fault', (file) => {
    expect(diagnosticsOf(file, examples)).toEqual([]);
  });

  it.each(workflowsIn(realLife))('real-life/%s is a workflow without fault', (file) => {
    expect(diagnosticsOf(file, realLife)).toEqual([]);
  });

  it.each([...pluginsIn(examples), ...pluginsIn(realLife)])('%s is a plugin without fault', async (name, folder) => {
    const plugin = await loadPlugin(folder, { origin: 'local' });
    expect(plugin.identity.name).toBe(name);
  });

  it('are all in the list', () => {
    const list = readFileSync(join(examples, 'README.md'), 'utf8');
    const listed = Array.from(list.matchAll(/\]\(([^)]+\.yml)\)/g), ([, path = '']) => path);
    // What is called by others is no place to begin.
    const inRealLife = workflowsIn(realLife).filter((file) => file !== 'release-to-fleet.yml');
    expect(listed.sort()).toEqual([...workflowsIn(examples), ...inRealLife.map((file) => `real-life/${file}`)].sort());
  });

  it.each(['quickstart-policy.yaml', 'quotas-policy.yaml'])('include the policy %s without fault', (file) => {
    expect(readPolicy(readFileSync(join(examples, file), 'utf8'), file)).toHaveProperty('policy');
  });

  it('hold the very module that the source of the WebAssembly plugin gives', () => {
    const folder = mkdtempSync(join(tmpdir(), 'waterflow-wasm-'));
    try {
      const plugin = join(examples, 'plugins', 'wordcount-wasm');
      cpSync(plugin, folder, { recursive: true });
      rmSync(join(folder, 'wordcount.wasm'));
      // What `npm install` would put there.
      symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
      const manifest: { readonly scripts: { readonly build: string } } = createRequire(import.meta.url)(
        join(plugin, 'package.json'),
      );
      execFileSync('sh', ['-c', `PATH="$PWD/node_modules/.bin:$PATH" ${manifest.scripts.build}`], { cwd: folder });
      const built = readFileSync(join(folder, 'wordcount.wasm'));
      expect(built.equals(readFileSync(join(plugin, 'wordcount.wasm')))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the template of a plugin', () => {
  it('and its workflow are without fault', async () => {
    const folder = join(repository, 'plugin-templates', 'ts') as AbsolutePath; // Below the repository, which is absolute.
    expect(diagnosticsOf('workflow.yml', folder)).toEqual([]);
    await loadPlugin(folder, { origin: 'local' });
  });
});

describe('the pages that a new user reads first', () => {
  it.each([
    ...blocksOn('README.md', { language: 'yaml', begins: 'name: ' }),
    ...blocksOn('docs/getting-started.md', { language: 'yaml', begins: 'name: ' }),
  ])('$page shows a workflow without fault at line $line', ({ page, text }) => {
    expect(compile(Buffer.from(text), { file: page, catalogue: catalogue.nodes(examples) }).diagnostics).toEqual([]);
  });

  it.each([
    ...blocksOn('docs/getting-started.md', { language: 'yaml', begins: 'version: 1' }),
    ...blocksOn('docs/capabilities.md', { language: 'yaml', begins: 'version: 1' }),
  ])('$page shows a policy without fault at line $line', ({ page, text }) => {
    expect(readPolicy(text, page)).toHaveProperty('policy');
  });
});

describe('the guide for plugin authors', () => {
  it.each([
    ...blocksOn('docs/plugin-authoring.md', { language: 'yaml', begins: '- uses: checkout' }),
    ...blocksOn('docs/plugin-authoring.md', { language: 'yaml', begins: '- uses: http' }),
    ...blocksOn('docs/plugin-authoring.md', { language: 'yaml', begins: '- id: deps' }),
    ...blocksOn('docs/plugin-authoring.md', { language: 'yaml', begins: '- if: ' }),
    ...blocksOn('docs/plugin-authoring.md', { language: 'yaml', begins: '- uses: docker' }),
    ...blocksOn('docs/plugin-authoring.md', { language: 'yaml', begins: '- uses: file-transfer' }),
    ...blocksOn('docs/plugin-authoring.md', { language: 'yaml', begins: '- uses: ansible' }),
  ])('shows a step without fault at line $line', ({ page, text }) => {
    const workflow = `on: { manual: { inputs: { branch: { type: string } } } }\njobs:\n  page:\n    steps:\n${text.replaceAll(/^(?=.)/gmu, '      ')}`;
    const { diagnostics } = compile(Buffer.from(workflow), { file: page, catalogue: catalogue.nodes(examples) });
    expect(diagnostics).toEqual([]);
  });

  it('begins with a plugin and a workflow without fault', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'waterflow-guide-')) as AbsolutePath;
    try {
      mkdirSync(join(folder, 'greet'));
      writeFileSync(
        join(folder, 'greet', 'plugin.yaml'),
        blockOn('docs/plugin-authoring.md', { begins: 'name: greet' }),
      );
      writeFileSync(
        join(folder, 'greet', 'index.ts'),
        blockOn('docs/plugin-authoring.md', { begins: 'import { definePlugin' }),
      );
      writeFileSync(join(folder, 'workflow.yml'), blockOn('docs/plugin-authoring.md', { begins: 'name: try greet' }));
      expect(diagnosticsOf('workflow.yml', folder)).toEqual([]);
      await loadPlugin(join(folder, 'greet') as AbsolutePath, { origin: 'local' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
