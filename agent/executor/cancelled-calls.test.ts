import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const agentWith = pluginAgents(sharedSupervisor());
const manifest = { permissions: { fs: [{ read: '**', write: '**', reason: 'tests' }] } };
/** That many calls are carried out at the same time, and take turns: all of them take far longer than the grace. */
const calls = 64;
const files = 3000;

describe('what a plugin does while it is being cancelled', () => {
  it('is over when its grace is, however much there is to list', async () => {
    await using agent = await agentWith(
      `await host.sleep(3_600_000).catch(() => {});
       await Promise.all(Array.from({ length: ${2 * calls} }, () => host.fs.list('tree').catch(() => {})));
       return {}`,
      { manifest, cancelGraceMs: 500 },
    );
    const tree = join(agent.claim.workspace, 'tree');
    mkdirSync(tree);
    for (let index = 0; index < files; index += 1) writeFileSync(join(tree, `file-${index}`), '');
    const cancel = new AbortController();
    Object.defineProperty(agent.recorded, 'push', { value: () => cancel.abort('cancelled') });
    const { result } = await agent.run({ uses: './plugins/p', signal: cancel.signal });
    expect(result).toMatchObject({ outcome: 'cancelled' });
    // The sleep is one.
    const cut = agent.results.filter(({ result: came }) => came !== 'ok');
    expect(cut.length).toBeGreaterThan(1);
  });
});
