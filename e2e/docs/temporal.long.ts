/** docs/agents.md, docs/engines.md and docs/temporal-data.md: their commands, with a server and an agent on Temporal. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTemporal } from '../../engine/temporal/testing/temporal-server.ts';
import { blockOn } from '../../tools/code-blocks/blocks.ts';
import { needs } from '../require.ts';
import { filled, linesOf, placeWith } from './place.ts';

const isThere = await needs('temporal');

describe.skipIf(!isThere)('the pages about Temporal', () => {
  it('make keys, start an agent that takes jobs, ask how it is, and ask Temporal of runs', async () => {
    const temporal = await startTemporal({ namespaces: ['pages'] });
    await using _ = temporal;
    const command = process.env['WATERFLOW_TEMPORAL'] ?? 'temporal';
    const place = placeWith({
      'w.yml':
        'name: deploy\non: manual\njobs: { a: { runs-on: deploy, steps: [{ run: \'echo "with $S"; exit 1\', env: { S: "${{ secrets.S }}" } }] } }\n',
    });
    const env = `export TEMPORAL_NAMESPACE=pages PATH="${dirname(command)}:$PATH"\n`;

    await place.run(blockOn('docs/temporal-data.md', { begins: 'waterflow keys new --payload' }));
    const printed = await place.run(blockOn('docs/temporal-data.md', { begins: 'waterflow keys new --queue' }));
    const [queueKey = ''] = /wfqueue1_public_[\w-]+/u.exec(printed) ?? [];
    expect(readFileSync(join(place.folder, 'deploy.queue-key'), 'utf8')).toContain('wfqueue1_private_');
    writeFileSync(
      join(place.folder, 'server.yaml'),
      `temporal: { host: ${temporal.address}, namespace: pages, payload-keys-file: site.payload-key, queue-keys: { deploy: ${queueKey}, build: ${queueKey} } }\n`,
    );
    const server = place.start('exec waterflow server --port 0 --config server.yaml --state server');
    await server.saying('"message":"listening on ');
    const url = /"url":"([^"]+)"/u.exec(server.stdout)?.[1] ?? '';
    const [agentKey = ''] =
      /wf_\w{8}_[\w-]{43}/u.exec(
        await place.run('waterflow keys new --name build-1 --role agent --config server.yaml --state server'),
      ) ?? [];
    const [admin = ''] =
      /wf_\w{8}_[\w-]{43}/u.exec(
        await place.run(
          "waterflow keys new --name admin --role admin --tenant '*' --config server.yaml --state server",
        ),
      ) ?? [];

    const settings = `export WATERFLOW_AGENT_NAME=build-1 WATERFLOW_STATE_DIR=agent WATERFLOW_SERVER_URL=${url} WATERFLOW_AGENT_KEY=${agentKey} WATERFLOW_PAYLOAD_KEYS_FILE=site.payload-key WATERFLOW_QUEUE_KEYS_FILE=deploy.queue-key\n`;
    const block = filled(blockOn('docs/agents.md', { begins: 'TEMPORAL_HOST=' }), {
      'temporal.example.com:7233': temporal.address,
      'waterflow agent': 'exec waterflow agent',
    });
    const agent = place.start(
      env + settings + block.replace('TEMPORAL_HOST', 'exec env TEMPORAL_HOST').replace('exec waterflow', 'waterflow'),
    );
    const [health = ''] = linesOf(
      filled(blockOn('docs/agents.md', { begins: 'waterflow agent health' }), { '/var/lib/waterflow-agent': 'agent' }),
    );
    await expect.poll(async () => (await place.start(health).ended).code, { timeout: 120_000 }).toBe(0);

    const submitted = await place.start(
      `S=words-of-a-secret WATERFLOW_API_KEY=${admin} waterflow submit --server ${url} w.yml --secret S --follow`,
    ).ended;
    const [run = ''] = /run-[0-9a-z]{26}/u.exec(submitted.stdout) ?? [];
    expect(submitted.stdout).toContain('with ***');

    const list = blockOn('docs/engines.md', { language: 'sh' });
    const there = `${env}export TEMPORAL_ADDRESS=${temporal.address}\n`;
    await expect.poll(() => place.run(there + list), { timeout: 60_000 }).toContain(run);
    const show = blockOn('docs/temporal-data.md', { begins: 'temporal workflow show' });
    const shown = await place.run(
      `${there}export RUN=${run} URL=${url} WATERFLOW_API_KEY=${admin}\n${show.trimEnd()} --output json`,
    );
    expect(shown).toContain('deploy');
    expect(shown).not.toContain('words-of-a-secret');

    await temporal.stop('immediate');
    const says = blockOn('docs/agents.md', { begins: 'agent build-1 takes no jobs' });
    await expect.poll(async () => (await place.start(health).ended).stdout, { timeout: 120_000 }).toBe(says);
    agent.kill('SIGTERM');
    await agent.ended;
  });
});
