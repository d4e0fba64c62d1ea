import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { startSshd } from '../../runtime/capabilities/ssh/testing/sshd.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const agentWith = pluginAgents(sharedSupervisor());
const uses = './plugins/p';

describe.skipIf(!(await needs('ssh')))('a plugin with ssh', () => {
  it('does on the other machine what it was granted, is told what it was not, and never holds the key', async () => {
    await using server = await startSshd();
    const { read: _read, ...pushes } = server.entry;
    const granted = {
      ...pushes,
      commands: [{ command: 'cat', args: [`${server.root}/a`] }],
      write: `${server.root}/**`,
    };
    const files = { fs: [{ read: 'a', write: 'a' }] };
    const policy = { version: 1, rules: [{ plugin: 'approved', allow: { ssh: [granted], ...files } }] };
    await using agent = await agentWith(
      `const host_ = { host: '127.0.0.1', port: inputs.port };
       await host.fs.write('a', 'content');
       await host.ssh.upload({ ...host_, from: 'a', to: inputs.root + '/a' });
       const { stdout } = await host.ssh.exec({ ...host_, command: 'cat', args: [inputs.root + '/a'], stdout: 'capture' });
       const denied = await host.ssh.exec({ ...host_, command: 'id' }).catch((error: any) => error.code);
       return { stdout, denied };`,
      {
        manifest: {
          inputs: { port: { type: 'integer' }, root: { type: 'string' } },
          permissions: {
            ssh: [{ ...granted, reason: 'tests' }],
            fs: [{ ...files.fs[0], reason: 'tests' }],
          },
        },
        policy: JSON.stringify(policy),
        secrets: { KEY: server.keys.client },
      },
    );
    const { result, calls, log } = await agent.run({ uses, with: { port: server.port, root: server.root } });
    expect(result).toMatchObject({ outcome: 'success', outputs: { stdout: 'content', denied: 'DENIED' } });
    expect(readFileSync(join(server.root, 'a'), 'utf8')).toBe('content');
    const place = `127.0.0.1:${server.port}`;
    expect(calls.map(({ operation, subject, decision }) => `${operation} ${subject} ${decision}`)).toEqual([
      'write a allowed',
      `upload ${place} a ${server.root}/a allowed`,
      `exec ${place} cat ${server.root}/a allowed`,
      `exec ${place} id denied`,
    ]);
    expect(agent.results[1]).toMatchObject({
      secrets: ['KEY'],
      facts: { user: server.user, address: '127.0.0.1', host_key: server.fingerprint, files: 1, bytes: 7 },
    });
    // No line of the key is in what is kept.
    const kept = [readFileSync(agent.auditFile, 'utf8'), JSON.stringify([log, result, agent.recorded, agent.results])];
    const lines = server.keys.client.split('\n').filter((line) => line.length > 30);
    expect(lines.filter((line) => kept.some((text) => text.includes(line)))).toEqual([]);
    expect(existsSync(join(agent.claim.workspace, 'a'))).toBe(true);
  });
});
