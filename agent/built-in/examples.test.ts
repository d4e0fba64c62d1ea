import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { AbsolutePath, JsonObject } from '../../schemas/index.ts';
import { createTestAgent, repository, type TestAgent } from '../executor/testing/agent.ts';

const approve = ['./plugins/headline', './plugins/wordcount-wasm', './plugins/hostile'];
const supervisor = sharedSupervisor();
let agent: TestAgent;
beforeAll(async () => {
  // The repository's path is absolute.
  const workflowFolder = join(repository, 'examples') as AbsolutePath;
  agent = await createTestAgent({
    supervisor: supervisor(),
    approve,
    workflowFolder,
    secrets: { DEPLOY_KEY: 'correct-horse-battery' },
  });
});
afterAll(() => agent[Symbol.asyncDispose]());

const inWorkspace = (path: string): string => join(agent.claim.workspace, path);
const run = (name: string, inputs: JsonObject) => agent.run({ uses: `./plugins/${name}`, with: inputs });

describe('the TypeScript example', () => {
  it('reads one file and writes another', async () => {
    writeFileSync(inWorkspace('README.md'), '# A river\n\n## Its source\n');
    expect((await run('headline', { path: 'README.md' })).result).toMatchObject({
      outcome: 'success',
      outputs: { title: 'A river', headings: 2 },
    });
    expect(readFileSync(inWorkspace('headline.txt'), 'utf8')).toBe('┌─────────┐\n│ A river │\n└─────────┘\n');
  });

  it('says what is wrong with the file', async () => {
    writeFileSync(inWorkspace('empty.md'), 'no heading');
    expect((await run('headline', { path: 'empty.md' })).result).toMatchObject({
      error: { message: 'empty.md has no heading' },
    });
  });
});

describe('the WebAssembly example', () => {
  it('counts the lines, words and bytes of a file, and logs', async () => {
    writeFileSync(inWorkspace('ä "quoted".txt'), 'two words\n\tgrün\n');
    const { result, log } = await run('wordcount-wasm', { path: 'ä "quoted".txt' });
    expect(result).toMatchObject({
      outcome: 'success',
      outputs: { lines: 2, words: 3, bytes: 17 },
      host_calls: { allowed: 2, denied: 0 },
    });
    expect(log.log).toBe('counted ä "quoted".txt\n');
  });

  it("fails with the host's message", async () => {
    const { result } = await run('wordcount-wasm', { path: 'missing' });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { code: 'STEP_FAILED', message: expect.stringContaining('missing') },
    });
  });
});

describe('the hostile example', () => {
  it.each(['network', 'programs', 'files', 'secrets', 'capabilities'])(
    'is denied each of its calls: %s',
    async (attempt) => {
      const { result, calls } = await run('hostile', { attempt });
      expect(result).toMatchObject({ outcome: 'success', outputs: { escaped: false } });
      expect(calls.length).toBeGreaterThan(0);
      expect(calls.filter(({ decision }) => decision === 'allowed')).toEqual([]);
      expect(result.host_calls.denied).toBe(calls.length);
    },
  );

  it.each(['constructors', 'pollution'])('finds no way out of its sandbox: %s', async (attempt) => {
    for (let round = 0; round < 2; round += 1) {
      const { result } = await run('hostile', { attempt });
      expect(result).toMatchObject({ outcome: 'success', outputs: { escaped: false } });
    }
  });

  it.each([
    ['memory', 'limit', 'OUT_OF_MEMORY'],
    ['loop', 'timeout', 'TIMEOUT'],
    ['recursion', 'timeout', 'TIMEOUT'],
    ['regex', 'timeout', 'TIMEOUT'],
    ['flood', 'limit', 'LIMIT_EXCEEDED'],
    ['never', 'failure', 'STEP_FAILED'],
    ['giant', 'limit', 'OUTPUT_TOO_LARGE'],
  ])('is ended by a limit: %s', async (attempt, retryClass, code) => {
    // So many calls take longer on a busy machine than the plugin's own limit.
    const timeout = attempt === 'flood' ? { ms: 60_000, own: true } : { ms: 60_000, own: false };
    const { result } = await agent.run({ uses: './plugins/hostile', with: { attempt }, timeout });
    expect(result).toMatchObject({ outcome: 'failure', class: retryClass, error: { code } });
    // The same plugin works as before.
    expect((await run('hostile', { attempt: 'secrets' })).result).toMatchObject({ outcome: 'success' });
  });
});
