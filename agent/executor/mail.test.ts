import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startMailServer, type TestMailServer } from '../../runtime/capabilities/mail/testing/server.ts';
import { makeCertificate } from '../../runtime/capabilities/net/testing/certificates.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'waterflow-mail-'));
let server: TestMailServer;
beforeAll(async () => {
  const certificate = makeCertificate(folder);
  // As an operator says which authorities the agent trusts beside those of Node.
  vi.stubEnv('WATERFLOW_CA_FILE', certificate.file);
  server = await startMailServer(certificate);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const agentWith = pluginAgents(sharedSupervisor());

it('a plugin with mail writes from and to whom it may, and never holds the password', async () => {
  const secrets = { PASSWORD: 'correct horse' };
  const entry = {
    host: 'localhost',
    port: server.port,
    user: 'robot',
    password: 'PASSWORD',
    from: 'robot@example.com',
    to: '*@example.com',
    private: true,
  };
  await using agent = await agentWith(
    `const message = { host: 'localhost', port: inputs.port, from: 'robot@example.com', subject: 'Hello', text: 'It is done' };
     const { accepted } = await host.mail.send({ ...message, to: ['anna@example.com'] });
     const denied = await host.mail.send({ ...message, to: ['anna@example.com'], bcc: ['eve@example.org'] }).catch((error: any) => error.code);
     return { accepted, denied };`,
    {
      manifest: {
        inputs: { port: { type: 'integer' } },
        permissions: { mail: [{ ...entry, reason: 'tests' }] },
      },
      policy: JSON.stringify({ version: 1, rules: [{ plugin: 'approved', allow: { mail: [entry] } }] }),
      secrets,
    },
  );
  const { result, calls, log } = await agent.run({ uses: './plugins/p', with: { port: server.port } });
  expect(result).toMatchObject({ outputs: { accepted: ['anna@example.com'], denied: 'DENIED' } });
  expect(server.received).toMatchObject([{ from: 'robot@example.com', to: ['anna@example.com'], user: 'robot' }]);
  const place = `localhost:${server.port} robot@example.com anna@example.com`;
  expect(calls).toMatchObject([
    { operation: 'send', subject: place, decision: 'allowed' },
    { subject: `${place} eve@example.org`, decision: 'denied', rule: expect.stringContaining('manifest') },
  ]);
  expect(agent.results).toMatchObject([
    { secrets: ['PASSWORD'], facts: { address: '127.0.0.1', tls: 'starttls', user: 'robot', accepted: 1 } },
  ]);
  const kept = [readFileSync(agent.auditFile, 'utf8'), JSON.stringify([log, result, agent.recorded, agent.results])];
  expect(kept.filter((text) => text.includes(secrets.PASSWORD))).toEqual([]);
});
