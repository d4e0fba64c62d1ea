import { describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const agentWith = pluginAgents(sharedSupervisor());
const uses = './plugins/p';

const body = `
const outputs = { at: await host.now(), date: Date.now(), dice: Math.random(), bytes: Array.from(await host.random.bytes(8)), id: await host.random.uuid() };
await host.sleep(5);
return { ...outputs, slept: [Date.now() - outputs.date, (await host.now()) - outputs.at] };`;

const policy = (rule: string): string => `version: 1\nrules:\n  - { plugin: "*", allow: requested }\n  - ${rule}\n`;

describe('a policy that says deterministic', () => {
  it('lets a plugin see the same time and randomness whenever its step runs', async () => {
    await using agent = await agentWith(body, { policy: policy('{ plugin: test-plugin, deterministic: true }') });
    const { result } = await agent.run({ uses });
    // The id of the test's run says the epoch.
    expect(result).toMatchObject({ outcome: 'success', outputs: { at: 0, date: 0, slept: [5, 5] } });
    expect((await agent.run({ uses })).result.outputs).toEqual(result.outputs);
    // Another agent, another folder.
    await using other = await agentWith(body, { policy: policy('{ plugin: test-plugin, deterministic: true }') });
    expect((await other.run({ uses })).result.outputs).toEqual(result.outputs);
  });

  it('says it for the plugins that the rule is about, and no others', async () => {
    const before = Date.now();
    await using agent = await agentWith(body, { policy: policy('{ plugin: another, deterministic: true }') });
    const { result } = await agent.run({ uses });
    expect(Number(result.outputs['at'])).toBeGreaterThanOrEqual(before);
    expect((await agent.run({ uses })).result.outputs['id']).not.toEqual(result.outputs['id']);
  });

  it('leaves the record of the calls its own time', async () => {
    const before = Date.now();
    await using agent = await agentWith(body, { policy: policy('{ plugin: test-plugin, deterministic: true }') });
    await agent.run({ uses });
    expect(agent.recorded.every(({ at }) => at >= before)).toBe(true);
  });
});
