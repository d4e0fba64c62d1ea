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
  const blocksOf = (page: string): readonly string[] =>
    [...readFileSync(join(repository, page), 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? '');

  it.each(['README.md', 'docs/getting-started.md'])('%s shows workflows without fault', (page) => {
    const workflows = blocksOf(page).filter((block) => block.startsWith('name: '));
    expect(workflows.length).toBeGreaterThan(0);
    for (const text of workflows) {
      expect(compile(Buffer.from(text), { file: page, catalogue: catalogue.nodes(examples) }).diagnostics).toEqual([]);
    }
  });

  it.each(['docs/getting-started.md', 'docs/capabilities.md'])('%s shows policies without fault', (page) => {
    const policies = blocksOf(page).filter((block) => block.startsWith('version: 1'));
    expect(policies.length).toBeGreaterThan(0);
    for (const text of policies) expect(readPolicy(text, page)).toHaveProperty('policy');
  });
});

describe('the guide for plugin authors', () => {
  it('begins with a plugin and a workflow without fault', async () => {
    const guide = readFileSync(join(repository, 'docs', 'plugin-authoring.md'), 'utf8');
    const blocks = [...guide.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language, text]) => ({
      language,
      text: text ?? '',
    }));
    const texts = (language: string): readonly string[] =>
      blocks.filter((block) => block.language === language).map((block) => block.text);
    const folder = mkdtempSync(join(tmpdir(), 'waterflow-guide-')) as AbsolutePath;
    try {
      mkdirSync(join(folder, 'greet'));
      writeFileSync(join(folder, 'greet', 'plugin.yaml'), texts('yaml')[0] ?? '');
      writeFileSync(join(folder, 'greet', 'index.ts'), texts('ts')[0] ?? '');
      writeFileSync(join(folder, 'workflow.yml'), texts('yaml')[1] ?? '');
      expect(diagnosticsOf('workflow.yml', folder)).toEqual([]);
      await loadPlugin(join(folder, 'greet') as AbsolutePath, { origin: 'local' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
