/** examples/notify.yml posts to a hook: here it is this machine, which takes a policy that names it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, root } from './command.ts';
import { openWorkflow } from './example-runs.ts';

const policy = `version: 1
require: { confinement: 1 }
rules:
  - { plugin: built-in, allow: requested, profile: host }
  - plugin: notify
    allow: { net: [{ url: "http://127.0.0.1:*/**", methods: [POST], url-secrets: [HOOK], private: true }] }
`;

it('notify.yml tells the hook how the run went, and the log no more of it than the host', async () => {
  const posted: { readonly path: string | undefined; readonly text: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      posted.push({ path: request.url, text: Buffer.concat(chunks).toString() });
      response.end('ok');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    const place = {
      cwd: join(root, 'examples'),
      state: folderWith({}),
      policy: join(folderWith({ 'policy.yaml': policy }), 'policy.yaml'),
    };
    await using example = await openWorkflow(place, 'notify.yml');
    const { summary, says } = await example.run({
      inputs: { hook: `${origin}/services/T1/B1` },
      secrets: { HOOK: 'the-secret-part' },
    });
    expect(summary).toMatchObject({ status: 'success' });
    expect(posted).toMatchObject([{ path: '/services/T1/B1/the-secret-part' }]);
    expect(JSON.parse(posted[0]?.text ?? '')).toMatchObject({
      text: 'success',
      attachments: [{ title: 'Nightly build', text: 'The build of 1.4.0 is over.' }],
    });
    expect(says.join('\n')).toContain(`${origin} took the message`);
    expect(JSON.stringify([summary, says])).not.toContain('the-secret-part');
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
