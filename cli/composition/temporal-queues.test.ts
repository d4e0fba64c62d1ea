import { describe, expect, it } from 'vitest';
import type { AgentPresence } from '../../agent/worker/protocol.ts';
import { compile } from '../../dsl/index.ts';
import { newQueueKey, parsePublicKey } from '../../engine/temporal/payloads/queue-keys.ts';
import type { Digest, Plan, RunId } from '../../schemas/index.ts';
import { processTerminal } from '../terminal.ts';
import { openPlugins } from './plugins.ts';
import { queueWarnings } from './temporal-queues.ts';
import { sealTo } from './temporal-secrets.ts';

const run = `run-${'0'.repeat(26)}` as RunId; // It has the form of one.

function planFor(queue: string, steps = '[{ run: echo }]'): Plan {
  const text = `name: w\non: { manual: { inputs: { queue: { type: string } } } }\njobs:\n  a:\n    runs-on: ${queue}\n    steps: ${steps}\n`;
  const catalogue = openPlugins(processTerminal(process), []).nodes(undefined);
  const { plan, diagnostics } = compile(text, { file: 'w.yml', catalogue });
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics));
  return plan;
}

function agent(name: string, digit: string): AgentPresence {
  const digest = `sha256:${digit.repeat(64)}` as Digest; // It has the form of one.
  return {
    name,
    session: '',
    version: '1.0.0',
    os: 'Linux',
    arch: 'X64',
    labels: [],
    confinement: 3,
    queues: { web: 1 },
    plugins: [
      { name: 'run', version: '1.0.0', digest },
      { name: 'other', version: '1.0.0', digest: `sha256:${'f'.repeat(63)}${digit}` as Digest },
    ],
    started_at: 0,
    state: 'online',
    since: 0,
  };
}

describe('what a plan has to expect of agents', () => {
  it('warns of a queue that none of them serves', () => {
    expect(queueWarnings(planFor('web'), [agent('one', '1')])).toEqual([]);
    expect(queueWarnings(planFor('wbe'), [agent('one', '1')])).toMatchObject([
      { severity: 'warning', code: 'UNKNOWN_QUEUE', file: 'w.yml' },
    ]);
  });

  it('is wrong where agents of its queue have different bytes of a plugin that it uses', () => {
    expect(queueWarnings(planFor('web'), [agent('one', '1'), agent('two', '1')])).toEqual([]);
    expect(queueWarnings(planFor('web'), [agent('one', '1'), agent('two', '2')])).toMatchObject([
      { severity: 'error', code: 'PLUGIN_INVALID', message: expect.stringContaining('run@1.0.0') },
    ]);
  });

  it('warns of a plugin that agents of its queue do not have, also inside of other steps', () => {
    const inside =
      "[{ uses: for-each@v1, with: { items: [1], steps: [{ uses: http@v1, with: { url: 'https://x.example/' } }] } }]";
    const message = (text: string): unknown => expect.stringContaining(text);
    expect(queueWarnings(planFor('web', inside), [agent('one', '1')])).toMatchObject([
      {
        severity: 'warning',
        code: 'PLUGIN_MISSING',
        message: message('no agent of the queue web'),
        file: 'w.yml',
        line: 6,
      },
    ]);
    const { plugins, ...other } = agent('two', '1');
    const [plugin] = plugins;
    const newer = { ...other, plugins: plugin === undefined ? [] : [{ ...plugin, name: 'http', version: '1.2.0' }] };
    expect(queueWarnings(planFor('web', inside), [agent('one', '1'), newer])).toMatchObject([
      {
        code: 'PLUGIN_MISSING',
        message: message('not every agent of the queue web has the plugin `http@v1`: the step fails on one'),
      },
    ]);
    expect(queueWarnings(planFor('web', inside), [newer])).toEqual([]);
    const old = { ...newer, plugins: newer.plugins.map((one) => ({ ...one, version: '10.0.0' })) };
    expect(queueWarnings(planFor('web', inside), [old])).toHaveLength(1);
  });
});

describe('secrets of a run', () => {
  it('are sealed to the queues of its plan, and to all where an expression names one', async () => {
    const keys = [await parsePublicKey((await newQueueKey()).publicKey, 'the test')];
    const seal = sealTo(
      new Map([
        ['web', keys],
        ['other', keys],
      ]),
    );
    const request = { tenant: 'default', run, secrets: { TOKEN: 'abcdefgh' } };
    const queuesOf = async (queue: string) =>
      Object.keys(Object((await seal({ ...request, plan: planFor(queue) }))['queues']));
    expect(await queuesOf('web')).toEqual(['web']);
    expect(await queuesOf('${{ inputs.queue }}')).toEqual(['web', 'other']);
    await expect(seal({ ...request, plan: planFor('unknown') })).rejects.toMatchObject({
      error: { code: 'INVALID_INPUT', remedy: expect.stringContaining('queue-keys') },
    });
    expect(await seal({ ...request, secrets: {}, plan: planFor('unknown') })).toEqual({});
  });
});
