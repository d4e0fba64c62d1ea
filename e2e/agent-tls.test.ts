import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endOf, startAgentOf, worldOfSuite } from './agent-world.ts';
import { authority, tlsBefore } from './before-temporal.ts';
import { folderWith, start } from './command.ts';
import { needs } from './require.ts';

const workflow = 'name: tls\non: manual\njobs: { work: { runs-on: work, steps: [{ run: sleep 8 }] } }';

describe.skipIf(!(await needs('temporal')))('an agent that reaches Temporal by TLS', { timeout: 120_000 }, () => {
  const suite = worldOfSuite();

  it('shows its certificate, is not let in without, and goes on with a new one in the middle of a job', async () => {
    const { world } = suite();
    const { folder: certificates, issue } = authority();
    for (const name of ['server', 'agent', 'renewed']) issue(name);
    const { host, clients } = await tlsBefore(world.temporal.address, certificates);
    const env = {
      TEMPORAL_HOST: host,
      TEMPORAL_TLS_CA: join(certificates, 'ca.pem'),
      TEMPORAL_TLS_SERVER_NAME: 'temporal.test',
    };
    const nobody = start(['agent', '--task-queues', 'work', '--state', folderWith({})], { env });
    await nobody.complaining('Temporal is not reached');
    nobody.kill('SIGTERM');
    expect((await nobody.ended).code).toBe(0);
    expect(clients).toEqual([]);
    const [cert, key] = [join(certificates, 'agent.pem'), join(certificates, 'agent.key')];
    const named = { ...env, TEMPORAL_TLS_CERT: cert, TEMPORAL_TLS_KEY: key };
    const { process } = await startAgentOf(world, { name: 'tls', env: named });
    const run = await world.run(workflow);
    expect(new Set(clients)).toEqual(new Set(['agent']));
    copyFileSync(join(certificates, 'renewed.key'), key);
    copyFileSync(join(certificates, 'renewed.pem'), cert);
    await process.complaining('the connection to Temporal was renewed');
    expect(clients).toContain('renewed');
    const summary = await endOf(run);
    expect(summary.jobs['work']).toMatchObject({ status: 'success', attempts: 1 });
    process.kill('SIGTERM');
    expect((await process.ended).code).toBe(0);
  });
});
