import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { commandLine } from '../testing/terminal.ts';

const manifest = `name: fetch
version: 1.0.0
description: Fetches.
runtime: isolate
main: index.ts
inputs: { project: { type: string, required: true } }
permissions:
  net:
    - url: "https://api.example.com/repos/\${{ inputs.project }}/*"
      reason: reads releases
`;
const workflow = `jobs:
  build:
    permissions:
      net: [{ url: "https://api.example.com/repos/acme/tool/releases" }]
    steps:
      - id: get
        uses: ./fetch
        with: { project: acme/tool }
      - run: 'true'
`;

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), 'waterflow-explain-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'fetch'));
  writeFileSync(join(root, 'fetch', 'plugin.yaml'), manifest);
  writeFileSync(join(root, 'fetch', 'index.ts'), 'export default null;\n');
  writeFileSync(join(root, 'ci.yml'), workflow);
  return root;
}

const explain = async (
  call: string,
  ...options: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> =>
  await commandLine(['grants', 'explain', 'ci.yml', '--call', call, ...options], { cwd: folder() });

const releases = 'net GET https://api.example.com/repos/acme/tool/releases';

describe('waterflow grants explain --call', () => {
  it('says who refuses a call, and that approving the plugin would do', async () => {
    const { code, stdout } = await explain(releases, '--step', 'get');
    expect(code).toBe(1);
    expect(stdout).toContain('build/get uses ./fetch');
    expect(stdout).toMatch(/manifest allows .*\[plugin\.yaml:9 net\[0\]\]/);
    expect(stdout).toMatch(/policy {3}refuses it has no entry for it/);
    expect(stdout).toContain('approve the plugin by --approve ./fetch, or add to `rules:`');
  });

  it('ends with 0 once all layers allow it', async () => {
    const { code, stdout } = await explain(releases, '--step', 'build/get', '--approve', './fetch');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('  allowed\n') });
  });

  it('proposes for each layer that refuses an entry that is right there, and never a pattern', async () => {
    const { code, stdout } = await explain('net PUT https://api.example.com/*', '--step', 'get', '--json');
    expect(code).toBe(1);
    const [step] = (JSON.parse(stdout) as { steps: { changes: { layer: string; entry: { url: string } }[] }[] }).steps;
    expect(step?.changes.map(({ layer, entry }) => [layer, entry])).toEqual(
      ['manifest', 'policy', 'job'].map((layer) => [layer, { url: 'https://api.example.com/%2A?', methods: ['PUT'] }]),
    );
  });

  it('prints proposals that can be copied', async () => {
    const { stdout } = await explain('net PUT https://api.example.com/x', '--step', 'get');
    const [, snippet = ''] = /job \(.*\n((?: {6}.*\n)+)/.exec(stdout) ?? [];
    expect(parse(snippet)).toEqual({ net: [{ url: 'https://api.example.com/x?', methods: ['PUT'] }] });
  });

  it('asks every step where none is named', async () => {
    const { code, stdout } = await explain('exec bash --version', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ steps: [{ step: 'build/get' }, { step: 'build/1' }] });
  });

  it.each(['nett GET x', 'net GET', 'fs raed x', 'exec "x'])('refuses the call %j', async (call) => {
    const { code, stderr } = await explain(call);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('remedy') });
  });

  it('shows no control characters of the call', async () => {
    const { stdout } = await explain("exec 'a\u001b[2J\u202e' b", '--step', 'get');
    expect(['\u001b', '\u202e'].filter((control) => stdout.includes(control))).toEqual([]);
  });
});
