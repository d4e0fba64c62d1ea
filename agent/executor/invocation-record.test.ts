import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AuditEntry, auditedCalls, auditedInvocations, readAudit } from '../../runtime/audit/index.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { TestAgent } from './testing/agent.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const agentWith = pluginAgents(sharedSupervisor());
const uses = './plugins/p';

/** What is on record by now, before the log is closed. */
async function recordOf(agent: TestAgent) {
  const entries = await collected(readAudit(agent.auditFile));
  return {
    entries,
    calls: await collected(auditedCalls(inTurn(entries))),
    invocations: await collected(auditedInvocations(inTurn(entries))),
  };
}

async function* inTurn(entries: readonly AuditEntry[]): AsyncGenerator<AuditEntry> {
  yield* entries;
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('the record of an invocation', () => {
  it('begins before its guest is started and says with what it was started', async () => {
    await using agent = await agentWith("await host.log('x'); return {}", { secrets: { TOKEN: 'hunter2222' } });
    const { result } = await agent.run({ uses });
    const { entries, invocations } = await recordOf(agent);
    expect(entries.map(({ kind }) => kind)).toEqual(['open', 'start', 'call', 'result', 'end']);
    expect(invocations).toMatchObject([
      {
        tenant: 'default',
        job: 'job',
        step: 'step',
        attempt: 1,
        plugin: result.plugin,
        grant: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        confinement: { level: expect.any(Number), required: 0 },
        limits: { timeout_ms: expect.any(Number), memory_bytes: expect.any(Number) },
        secrets: { given: ['TOKEN'], used: [] },
        outcome: 'returned',
        calls: { allowed: 1, denied: 0 },
      },
    ]);
  });

  it('has the same digest for the same grant, and another for another', async () => {
    const grantOf = async (read: string): Promise<string | undefined> => {
      await using agent = await agentWith('return {}', {
        manifest: { permissions: { fs: [{ read, reason: 'tests' }] } },
      });
      await agent.run({ uses });
      await agent.run({ uses });
      const [first, second] = (await recordOf(agent)).invocations;
      expect(first?.grant).toBe(second?.grant);
      return first?.grant;
    };
    expect(await grantOf('in/*')).not.toBe(await grantOf('in/**'));
  });

  it.each([
    ['for (;;);', { timeout: { ms: 300, own: true } }, { outcome: 'failed', killed_by: 'TIMEOUT' }],
    ['throw new Error("TIMEOUT")', {}, { outcome: 'failed' }],
    ["await host.fs.write('x', 'x')", {}, { outcome: 'failed', calls: { allowed: 0, denied: 1 } }],
  ])('tells how it ended: %s', async (body, step, ended) => {
    await using agent = await agentWith(body, { manifest: { permissions: { fs: [{ read: '**', reason: 'tests' }] } } });
    await agent.run({ uses, ...step });
    const [invocation] = (await recordOf(agent)).invocations;
    expect(invocation).toMatchObject(ended);
    expect(invocation?.killed_by).toBe('killed_by' in ended ? ended.killed_by : undefined);
  });

  it('names the secrets whose values went out, with the call and in all, and never the values', async () => {
    const server = createServer((_, response) => response.end('fine')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
    await using agent = await agentWith(
      `await host.net.request({ url: '${url}', headers: { authorization: await host.secrets.get('TOKEN') } }); return {}`,
      {
        secrets: { TOKEN: 'hunter2222', OTHER: 'not-used-here' },
        manifest: {
          permissions: {
            net: [
              {
                url: `${url}*`,
                methods: ['GET'],
                headers: ['authorization'],
                secrets: ['TOKEN'],
                private: true,
                reason: 'tests',
              },
            ],
            secrets: [{ names: ['TOKEN'], to: ['net'], reason: 'tests' }],
          },
        },
        policy: `version: 1
require: { confinement: 0 }
rules:
  - plugin: test-plugin
    allow:
      net: [{ url: "http://127.0.0.1:*/**", methods: ["*"], headers: ["*"], secrets: ["*"], private: true }]
      secrets: [{ names: [TOKEN], to: [net] }]
`,
      },
    );
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'success', outputs: {} });
    const { entries, calls, invocations } = await recordOf(agent);
    expect(calls.find(({ call }) => call.capability === 'net')).toMatchObject({
      secrets: ['TOKEN'],
      bytes: { in: expect.any(Number) },
    });
    expect(invocations[0]?.secrets).toEqual({ given: ['TOKEN', 'OTHER'], used: ['TOKEN'] });
    expect(JSON.stringify(entries)).not.toContain('hunter2222');
  });

  it('says how large arguments and answers were, and what is left out of it', async () => {
    await using agent = await agentWith("await host.fs.write('x', 'y'.repeat(5000)); return await host.fs.stat('x')", {
      manifest: { permissions: { fs: [{ read: '**', write: '**', reason: 'tests' }] } },
    });
    await agent.run({ uses });
    const { calls } = await recordOf(agent);
    expect(calls).toMatchObject([
      { call: { operation: 'write' }, truncated: true, result: 'ok' },
      { call: { operation: 'stat' }, truncated: false, result: 'ok' },
    ]);
    expect(calls[0]?.bytes.in).toBeGreaterThan(5000);
    expect(calls[1]?.bytes.in).toBe(Buffer.byteLength('{"path":"x"}'));
    expect(calls[1]?.bytes.out).toBeGreaterThan(10);
  });
});
