import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine } from '../testing/terminal.ts';

const nested = `name: nested
jobs:
  deploy:
    steps:
      - id: gate
        uses: if@v1
        with:
          condition: vars.live == 'yes'
          then:
            - id: regions
              uses: for-each@v1
              with:
                items: [north, south]
                concurrency: 2
                steps:
                  - { id: ask, uses: http@v1, with: { url: "https://example.com/" } }
          else:
            - run: make report
`;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'waterflow-cli-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  writeFileSync(join(made, 'nested.yml'), nested);
  return made;
}

describe('steps inside of steps', () => {
  it('are in the plan that people read', async () => {
    const { code, stdout } = await commandLine(['plan', 'nested.yml'], { cwd: folder() });
    expect(code).toBe(0);
    for (const key of ['gate: if@v1', 'regions: for-each@v1', 'ask: http@v1', '1: run@v1'])
      expect(stdout).toContain(key);
  });

  it('have their grants explained', async () => {
    const { code, stdout } = await commandLine(['grants', 'explain', 'nested.yml', '--json'], { cwd: folder() });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      steps: [{ step: 'deploy/gate.regions.ask' }, { step: 'deploy/gate.1' }],
    });
  });

  it('can be chosen', async () => {
    const argv = ['grants', 'explain', 'nested.yml', '--step', 'deploy/gate.1'];
    const { stdout } = await commandLine(argv, { cwd: folder() });
    expect(stdout).toMatch(/^deploy\/gate\.1 uses run@v1\n/);
  });
});
