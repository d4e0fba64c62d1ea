import { describe, expect, it } from 'vitest';
import { createSupervisor } from '../../runtime/supervisor/index.ts';
import { createTestAgent, taskOf } from './testing/agent.ts';

const value = 'correct-horse-battery';
const run = (script: string) => ({ uses: 'run@v1', with: { script } });

describe('secrets that come while the run goes on', () => {
  it('are known to steps from then on, and kept out of what these write and what is recorded of them', async () => {
    await using supervisor = await createSupervisor();
    let given: Readonly<Record<string, string>> = {};
    await using agent = await createTestAgent({
      supervisor,
      get secrets() {
        return given;
      },
    });
    expect((await agent.run(run(`printf ${value} > token`))).result).toMatchObject({ outcome: 'success' });
    given = { TOKEN: value };
    const after = await agent.run({
      ...run('echo "$(cat token) $LENGTH ${#TOKEN}"'),
      env: [{ TOKEN: '${{ secrets.TOKEN }}' }],
    });
    expect([after.result.outcome, after.log.stdout]).toEqual(['success', `***  ${value.length}\n`]);
    await agent.run(run(`echo ${value}`));
    expect(JSON.stringify(agent.recorded.at(-1))).not.toContain(value);
  });
});

describe('the secrets that a plugin asks for by itself', () => {
  it('are those of its manifest, and what inputs may name where the manifest leaves that to them', async () => {
    await using supervisor = await createSupervisor();
    await using agent = await createTestAgent({ supervisor });
    const plugin = (name: string, permissions: string, inputs = '{}') =>
      agent.plugin(name, {
        'plugin.yaml': [
          `name: ${name}`,
          'version: 1.0.0',
          'description: asks for secrets',
          'runtime: isolate',
          'main: index.ts',
          `inputs: ${inputs}`,
          `permissions: ${permissions}`,
        ].join('\n'),
        'index.ts':
          "import { definePlugin } from 'waterflow/plugin';\nexport default definePlugin(async () => ({}));\n",
      });
    plugin(
      'fixed',
      '{ secrets: [{ names: [TOKEN], reason: r }], net: [{ url: "https://example.com/**", methods: [GET], auth: { bearer: KEY }, reason: r }] }',
    );
    plugin('open', '{ secrets: [{ names: ["${{ inputs.name }}"], reason: r }] }', '{ name: { type: string } }');
    const named = (uses: string, inputs = {}) => agent.executor.secretsNamedBy(taskOf({ uses, with: inputs }));
    expect((await named('./plugins/fixed')).toSorted((one, other) => one.localeCompare(other))).toEqual([
      'KEY',
      'TOKEN',
    ]);
    expect(await named('./plugins/open', { name: 'OTHER' })).toContain('OTHER');
    expect(await named('run@v1', { script: 'echo' })).toEqual([]);
    expect(await named('./plugins/none')).toEqual([]);
  });
});
