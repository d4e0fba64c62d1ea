import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const agentWith = pluginAgents(sharedSupervisor());
const uses = './plugins/p';

describe('the store of a plugin', () => {
  const count = `
let found = await host.store.get('state/count');
const { version } = await host.store.set('state/count', (found?.value ?? 0) + 1);
const lost = await host.store.compareAndSet('state/count', { expected: version + 1, value: 0 });
return { before: found, version, lost, keys: (await host.store.list({ prefix: 'state/' })).keys.map(({ key }: any) => key) };`;
  const manifest = { permissions: { store: [{ keys: 'state/*', reason: 'counts' }] } };

  it('outlives the step, and is not that of another plugin of the same name', async () => {
    await using agent = await agentWith(count, { manifest, approve: ['./plugins/p', './plugins/q'] });
    expect((await agent.run({ uses })).result.outputs).toEqual({
      before: null,
      version: 1,
      lost: { swapped: false, version: 1 },
      keys: ['state/count'],
    });
    expect((await agent.run({ uses })).result.outputs).toMatchObject({ before: { value: 1, version: 1 }, version: 2 });
    const same = {
      name: 'test-plugin',
      version: '1.0.0',
      description: 'T.',
      runtime: 'isolate',
      main: 'index.ts',
      'dynamic-outputs': true,
    };
    agent.plugin('q', {
      'plugin.yaml': JSON.stringify({ ...same, ...manifest }),
      'index.ts': `import { definePlugin } from 'waterflow/plugin';\nexport default definePlugin(async (inputs: any, host: any) => {${count}});\n`,
    });
    expect((await agent.run({ uses: './plugins/q' })).result.outputs).toMatchObject({ before: null });
  });

  it('tells a plugin what it may not, and the agent records it', async () => {
    await using agent = await agentWith(
      `const codes: any[] = []; const messages: any[] = [];
       for (const use of [() => host.store.get('other'), () => host.store.set('state/a', 'x'.repeat(70_000)), () => host.store.set('state/*', 1)])
         await use().catch((error: any) => (codes.push(error.code), messages.push(error.message)));
       return { codes, told: messages[1] };`,
      { manifest },
    );
    const { result, calls } = await agent.run({ uses });
    expect(result.outputs).toEqual({
      codes: ['DENIED', 'LIMIT_EXCEEDED', 'INVALID_ARGUMENTS'],
      told: 'the value is 70002 bytes of JSON, and a value has at most 65536. Keep it in a file, or in parts.',
    });
    expect(calls.map(({ operation, subject, decision }) => [operation, subject, decision])).toEqual([
      ['get', 'other', 'denied'],
      ['set', 'state/a', 'allowed'],
      ['set', 'state/*', 'invalid'],
    ]);
  });

  it('keeps the placeholder of a secret that a plugin stores, never the value', async () => {
    const secrets = { TOKEN: 'a-secret-value' };
    await using agent = await agentWith(
      "await host.store.set('state/a', `Bearer ${inputs.token}`); return (await host.store.get('state/a'));",
      {
        manifest: { ...manifest, inputs: { token: { type: 'string' } } },
        secrets,
      },
    );
    const { result } = await agent.run({ uses, with: { token: '${{ secrets.TOKEN }}' } });
    expect(result).toMatchObject({
      outcome: 'success',
      outputs: { value: expect.stringMatching(/^Bearer wf-secret-/) },
    });
    const state = join(agent.auditFile, '..', 'state');
    for (const part of ['', '-wal']) {
      expect(readFileSync(join(state, `store.sqlite${part}`)).includes(secrets.TOKEN)).toBe(false);
    }
  });
});

describe('archives', () => {
  it('are packed and unpacked without a byte of them passing through the plugin', async () => {
    await using agent = await agentWith(
      `await host.fs.write('in/a/b', 'content');
       const packed = await host.fs.pack('in', 'out.tar.zst', { include: ['a/**'] });
       const unpacked = await host.fs.unpack('out.tar.zst', 'again', { strip: 1 });
       return { packed, unpacked, content: await host.fs.read('again/b') };`,
      { manifest: { permissions: { fs: [{ read: '**', write: '**', reason: 'tests' }] } } },
    );
    const { result, calls } = await agent.run({ uses });
    const archive = readFileSync(join(agent.claim.workspace, 'out.tar.zst'));
    expect(result.outputs).toEqual({
      packed: { bytes: archive.length, entries: 2, sha256: createHash('sha256').update(archive).digest('hex') },
      unpacked: { bytes: 7, entries: 1 },
      content: 'content',
    });
    expect(calls.map(({ subject }) => subject)).toEqual(['in/a/b', 'in out.tar.zst', 'out.tar.zst again', 'again/b']);
  });
});
