import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { docker, importTestImage, testImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const agentWith = pluginAgents(sharedSupervisor());

describe.skipIf(!(await needs('docker')))('a plugin with docker', () => {
  it('runs the containers that it was granted, is told what it may not, and holds no secret', async () => {
    importTestImage();
    const secrets = { TOKEN: 'a-secret-value' };
    const entry = { images: [testImage], operations: ['run'], mounts: ['workspace'], secrets: ['TOKEN'] };
    const fs = { read: 'data/**', write: 'data/**' };
    await using agent = await agentWith(
      `await host.fs.write('data/in', 'content');
       const mounts = [{ path: 'data', target: '/data', access: 'write' }];
       const { exit_code, stdout } = await host.docker.run({
         image: inputs.image, mounts, env: { TOKEN: inputs.token }, stdout: 'capture',
         command: ['sh', '-c', 'cp /data/in /data/out 2>/dev/null || cat /data/in > /data/out; test -n "$TOKEN" && echo "token $TOKEN"'],
       });
       const codes: string[] = [];
       for (const more of [{ network: 'bridge' }, { image: 'evil.example/x:1' }, { mounts: [{ path: '.', target: '/all' }] }])
         await host.docker.run({ image: inputs.image, command: ['true'], ...more } as any).catch((error: any) => codes.push(error.code));
       return { exit_code, stdout, codes };`,
      {
        manifest: {
          inputs: { image: { type: 'string' }, token: { type: 'string' } },
          permissions: {
            docker: [{ ...entry, reason: 'tests' }],
            fs: [{ ...fs, reason: 'tests' }],
            secrets: [{ names: ['TOKEN'], reason: 'tests' }],
          },
        },
        secrets,
      },
    );
    const { result, calls, log } = await agent.run({
      uses: './plugins/p',
      with: { image: testImage, token: '${{ secrets.TOKEN }}' },
    });
    expect(result.outputs).toMatchObject({ exit_code: 0, codes: ['DENIED', 'DENIED', 'DENIED'] });
    expect(result.outputs?.['stdout']).toMatch(/^token wf-secret-/);
    expect(readFileSync(join(agent.claim.workspace, 'data/out'), 'utf8')).toBe('content');
    const ran = calls.filter(({ capability }) => capability === 'docker');
    // The last shows only when it is carried out: the folder is more than fs grants.
    expect(ran.map(({ decision }) => decision)).toEqual(['allowed', 'denied', 'denied', 'allowed', 'denied']);
    expect(ran[0]?.subject).toMatch(`${testImage} sh -c`);
    const carriedOut = agent.results.find(({ secrets: used }) => used?.includes('TOKEN'));
    expect(carriedOut).toMatchObject({
      facts: { image: testImage, network: 'none', exit_code: 0, container: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const kept = [readFileSync(agent.auditFile, 'utf8'), JSON.stringify([log, result, agent.recorded, agent.results])];
    expect(kept.filter((text) => text.includes(secrets.TOKEN))).toEqual([]);
    // The type was looked at above.
    const container = carriedOut?.facts?.['container'] as string;
    // Other tests have containers of a run of this name, too.
    expect(docker('ps', '--all', '--quiet', '--filter', `id=${container}`)).toBe('');
  });
});
