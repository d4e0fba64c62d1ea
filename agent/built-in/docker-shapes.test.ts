/** docker@v1 starts containers of each sort that it may ask for, and looks into them. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent } from '../executor/testing/agent.ts';

/** Of this file alone, so that its containers can be told from others. */
const image = 'waterflow.test/node-shapes:1';
const secrets = { TOKEN: 'correct-horse-battery' };
const supervisor = sharedSupervisor();
const works = await needs('docker');
beforeAll(() => {
  if (works) importTestImage(image);
});
afterAll(() => {
  if (works) docker('rmi', '--force', image);
});

/** What the policy that comes with Waterflow doesn't give: the network of the machine, and ports. */
const wide = (ports: readonly number[]): string => `version: 1
require: { confinement: 0 }
rules:
  - plugin: docker
    allow:
      docker:
        - images: ["*"]
          operations: [run, exec, logs]
          network: bridge
          mounts: [workspace, volume]
          ports: [${ports.join()}]
          user: any
          secrets: ["*"]
      fs: [{ read: "**" }]
`;

describe.runIf(works)('docker@v1 with a folder, a volume and a secret', () => {
  const networks = ['none', 'run', 'bridge', 'bridge with ports'];
  it.each(networks.flatMap((network) => [undefined, '0'].map((user) => ({ network, user }))))(
    'runs what later steps look into: %j',
    async ({ network: shape, user }) => {
      const [network = ''] = shape.split(' ');
      const hosts = shape === 'bridge with ports' ? await freePorts(4) : [];
      await using agent = await createTestAgent({ supervisor: supervisor(), secrets, policy: wide(hosts) });
      mkdirSync(join(agent.claim.workspace, 'in'));
      writeFileSync(join(agent.claim.workspace, 'in/word'), 'from the workspace');
      const outputs = async (inputs: JsonObject): Promise<JsonObject> => {
        const { result, log } = await agent.run({ uses: 'docker@v1', with: { image, ...inputs } });
        expect({ result, log }).toMatchObject({ result: { outcome: 'success' } });
        expect(JSON.stringify([result, log])).not.toContain(secrets.TOKEN);
        return result.outputs ?? {};
      };
      const { container = null } = await outputs({
        script: 'echo "${#TOKEN} letters"; exec sleep 600',
        env: { TOKEN: '${{ secrets.TOKEN }}' },
        detach: true,
        network,
        ...(user === undefined ? {} : { user }),
        mounts: [{ path: 'in', target: '/in' }],
        volumes: [{ name: 'shared', target: '/data' }],
        ...(hosts.length === 0 ? {} : { ports: hosts.map((host, index) => ({ container: 8080 + index, host })) }),
      });
      expect(container).toMatch(/^[0-9a-f]{64}$/);
      const look = 'cat /in/word; test -d /data && echo " and ${#TOKEN} letters"';
      expect(await outputs({ operation: 'exec', container, script: look, capture: true })).toMatchObject({
        stdout: 'from the workspace and 21 letters',
      });
      expect(await outputs({ operation: 'logs', container, capture: true })).toMatchObject({ stdout: '21 letters' });
      const published = typeof container === 'string' ? docker('port', container) : '';
      expect(published.split('\n').filter((line) => line !== '')).toHaveLength(hosts.length);
      await outputs({ operation: 'remove', container });
    },
  );
});

/** Ports that nothing listens on at the moment. */
async function freePorts(count: number): Promise<readonly number[]> {
  await using servers = new AsyncDisposableStack();
  const ports: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const server = servers.use(createServer());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    ports.push(typeof address === 'object' && address !== null ? address.port : 0);
  }
  return ports;
}
