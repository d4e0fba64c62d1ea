import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestAgent, repository, type TestAgent } from '../../agent/executor/testing/agent.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { buildForWasm } from './testing/for-wasm.ts';

/** The size that a module may have. */
const mostBytes = 1.5e6;

// tmpdir() is absolute.
const folder = mkdtempSync(join(tmpdir(), 'waterflow-built-in-')) as AbsolutePath;
const supervisor = sharedSupervisor();
let sizes: ReadonlyMap<string, number>;
let agent: TestAgent;
beforeAll(async () => {
  sizes = await buildForWasm(join(repository, 'plugins'), folder);
  agent = await createTestAgent({ supervisor: supervisor(), builtIn: folder });
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe('the built-in nodes as WebAssembly modules', () => {
  it('are all there, each of a bounded size', () => {
    expect([...sizes.keys()]).toEqual([
      'ansible',
      'cache',
      'checkout',
      'docker',
      'docker-compose',
      'file-transfer',
      'http',
      'notify',
      'run',
    ]);
    expect([...sizes].filter(([, bytes]) => bytes > mostBytes)).toEqual([]);
  });

  it('run a script, with what it prints and gives', async () => {
    const script = 'echo printed; echo "one=1" >> "$WATERFLOW_OUTPUT"; exit 3';
    const { result, log } = await agent.run({ uses: 'run@v1', with: { script } });
    expect(result).toMatchObject({ outcome: 'failure', outputs: { exit_code: 3, one: '1' } });
    expect(log).toMatchObject({ stdout: 'printed\n' });
  });

  it('keep files and give them back', async () => {
    mkdirSync(join(agent.claim.workspace, 'kept'));
    writeFileSync(join(agent.claim.workspace, 'kept/file'), 'content');
    const saved = await agent.run({ uses: 'cache@v1', with: { key: 'k', path: 'kept', mode: 'save' } });
    expect(saved.result).toMatchObject({ outcome: 'success' });
    rmSync(join(agent.claim.workspace, 'kept'), { recursive: true });
    const restored = await agent.run({ uses: 'cache@v1', with: { key: 'k', path: 'kept', mode: 'restore' } });
    expect(restored.result).toMatchObject({ outcome: 'success' });
    expect(readFileSync(join(agent.claim.workspace, 'kept/file'), 'utf8')).toBe('content');
  });
});
