/** examples/notify.yml, and what the page of notify@v1 shows, post to a hook: here it is this machine, which takes a policy that names it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startMailServer } from '../runtime/capabilities/mail/testing/server.ts';
import { makeCertificate } from '../runtime/capabilities/net/testing/certificates.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith, root } from './command.ts';
import { openWorkflow } from './example-runs.ts';
import { startHook } from './hook.ts';
import { stepsOf, workflowOf } from './node-page.ts';

const policy = `version: 1
require: { confinement: 1 }
rules:
  - { plugin: built-in, allow: requested, profile: host }
  - plugin: notify
    allow:
      net: [{ url: "http://127.0.0.1:*/**", methods: [POST], headers: [Authorization], secrets: [SLACK_TOKEN], url-secrets: [HOOK, SLACK_HOOK], private: true }]
      mail: [{ host: localhost, port: "*", from: ci@example.com, to: "*@example.com", secrets: [SMTP_PASSWORD], private: true }]
      fs: [{ read: coverage/report.html }]
`;

const place = (cwd: string) => ({
  cwd,
  state: folderWith({}),
  policy: join(folderWith({ 'policy.yaml': policy }), 'policy.yaml'),
});

it('notify.yml tells the hook how the run went, and the log no more of it than the host', async () => {
  await using hook = await startHook();
  await using example = await openWorkflow(place(join(root, 'examples')), 'notify.yml');
  const { summary, says } = await example.run({
    inputs: { hook: `${hook.origin}/services/T1/B1` },
    secrets: { HOOK: 'the-secret-part' },
  });
  expect(summary).toMatchObject({ status: 'success' });
  expect(hook.posted).toMatchObject([{ path: '/services/T1/B1/the-secret-part' }]);
  expect(JSON.parse(hook.posted[0]?.text ?? '')).toMatchObject({
    text: 'success',
    attachments: [{ title: 'Nightly build', text: 'The build of 1.4.0 is over.' }],
  });
  expect(says.join('\n')).toContain(`${hook.origin} took the message`);
  expect(JSON.stringify([summary, says])).not.toContain('the-secret-part');
});

describe('the page of notify@v1', () => {
  const [hooked = '', channel = '', mail = '', ...others] = stepsOf(
    blocksOn('plugins/notify/README.md', { language: 'yaml', begins: '- ' }),
  );

  it('has no example but these', () => {
    expect(others).toEqual([]);
  });

  it.each([
    ['a hook', hooked, { path: '/services/T024BE7LD/B0123456/the-secret-part' }, 'is over.'],
    ['a channel', channel, { path: '/', authorization: 'Bearer the-secret-part' }, 'Version 1.4.0 is out'],
  ])('shows %s', async (_what, steps, posted, says) => {
    await using hook = await startHook();
    const block = steps
      .replace('https://hooks.slack.com', hook.origin)
      .replace('    channel:', `    url: ${hook.origin}/\n    channel:`);
    const folder = folderWith({ 'page.yml': workflowOf(block, ['version']) });
    await using workflow = await openWorkflow(place(folder), 'page.yml');
    const secrets = { SLACK_HOOK: 'the-secret-part', SLACK_TOKEN: 'the-secret-part' };
    const ran = await workflow.run({ inputs: { version: '1.4.0' }, secrets });
    expect({ status: ran.summary.status, says: ran.says }).toMatchObject({ status: 'success' });
    expect(hook.posted).toMatchObject([{ ...posted, text: expect.stringContaining(says) }]);
    expect(JSON.stringify(ran)).not.toContain('the-secret-part');
  });

  it('shows a mail with a report', async () => {
    const folder = folderWith({});
    const certificate = makeCertificate(folder);
    vi.stubEnv('WATERFLOW_CA_FILE', certificate.file);
    onTestFinished(() => void vi.unstubAllEnvs());
    await using server = await startMailServer({ ...certificate });
    const block = mail.replace('smtp.example.com', `localhost\n    smtp-port: ${server.port}`);
    const before = '- run: mkdir coverage; echo all of it > coverage/report.html\n';
    writeFileSync(join(folder, 'page.yml'), workflowOf(`${before}${block}`));
    await using workflow = await openWorkflow(place(folder), 'page.yml');
    const ran = await workflow.run({ secrets: { SMTP_PASSWORD: 'correct horse' } });
    expect({ status: ran.summary.status, says: ran.says }).toMatchObject({ status: 'success' });
    expect(server.received).toMatchObject([{ to: ['team@example.com', 'lead@example.com'], user: 'ci@example.com' }]);
    expect(server.received[0]?.content).toContain('Subject: Coverage of the night');
  });
});
