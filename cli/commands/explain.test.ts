import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonList, isJsonObject, type JsonObject } from '../../schemas/index.ts';
import { commandLine } from '../testing/terminal.ts';

const workflow = `name: planted
on: { manual: { inputs: { url: { type: string, default: "http://127.0.0.1:9/" } } } }
jobs:
  fetch:
    runs-on: local
    permissions:
      net: [{ url: "https://example.com/*", methods: [GET] }]
    steps:
      - id: get
        uses: http@v1
        with: { url: "\${{ inputs.url }}" }
  after:
    needs: fetch
    runs-on: local
    steps: [{ run: echo never }]
`;

let folder: string;
const options = () => ({ cwd: folder, now: Date.now });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waterflow-explain-'));
  writeFileSync(join(folder, 'planted.yml'), workflow);
  await commandLine(['run', 'planted.yml', '--state', 'state'], options());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('waterflow explain', () => {
  it('finds in the audit log of a run what was asked for, and who refused it', async () => {
    const { code, stdout } = await commandLine(['explain', 'latest', '--state', 'state'], options());
    expect(code).toBe(0);
    expect(stdout).toContain(
      'It failed because step `fetch/get` (http@v1) was not allowed `net.request GET http://127.0.0.1:9/`: ',
    );
    expect(stdout).toContain('  at planted.yml:9:9\n');
    expect(stdout).toContain('  after  skipped: it needs job `fetch`, which failed\n');
    expect(stdout).toContain('\n  waterflow grants explain planted.yml --step fetch/get\n');
    expect(stdout).toMatch(/\n {2}waterflow rerun run-[0-9a-z]{26} --failed --state state\n/u);
  });

  it('says the same as JSON, with the commands as they are typed', async () => {
    const { stdout } = await commandLine(['explain', 'latest', '--state', 'state', '--json'], options());
    // It is an object, as printed above.
    const explanation = JSON.parse(stdout) as JsonObject;
    const [cause] = isJsonList(explanation['causes']) ? explanation['causes'] : [];
    expect(explanation).toMatchObject({ version: 1, status: 'failure', workflow: 'planted' });
    expect(cause).toMatchObject({
      code: 'DENIED',
      at: { file: 'planted.yml', line: 9, column: 9 },
      rule: expect.stringMatching(/:\d+/u),
      refused_calls: [
        { capability: 'net', operation: 'request', subject: 'GET http://127.0.0.1:9/', decision: 'denied' },
      ],
    });
    const next = isJsonList(explanation['next']) ? explanation['next'].filter(isJsonObject) : [];
    expect(next[0]?.['command']).toBe('waterflow grants explain planted.yml --step fetch/get');
  });

  it('refuses a run that there is not', async () => {
    const { code, stdout } = await commandLine(['explain', '01zz', '--state', 'state', '--json'], options());
    expect({ code, error: JSON.parse(stdout) }).toMatchObject({ code: 2, error: { code: 'RUN_NOT_FOUND' } });
  });
});
