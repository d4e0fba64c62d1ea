/** What `policy learn` proposes after a run allows the same run again, and nothing that differs from it in any part. */

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { folderWith, waterflow } from './command.ts';
import { needs } from './require.ts';

const manifest = `name: tool
version: 1.0.0
description: Does what it is told.
runtime: isolate
main: index.ts
inputs:
  url: { type: string, required: true }
  method: { type: string, default: GET }
  file: { type: string, default: out/a* }
  word: { type: string, default: "it's *" }
permissions:
  net: [{ url: "http://127.0.0.1:*", methods: ["*"], headers: ["*"], secrets: ["*"], private: true, reason: a test }]
  fs: [{ read: "**", write: "**", reason: a test }]
  exec: [{ command: "*", args: any, env: any, secrets: ["*"], reason: a test }]
  secrets: [{ names: [TOKEN], reason: a test }]
`;

const plugin = `import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (inputs: Record<string, string>, host) => {
  const token = await host.secrets.get('TOKEN');
  await host.fs.write(inputs.file, 'x'.repeat(5000));
  await host.net.request({ url: inputs.url, method: inputs.method, headers: { 'X-Token': token }, response: { file: 'page' } });
  const { stdout } = await host.exec.run({
    command: 'printf', args: ['%s', inputs.word], env: { T: token }, stdout: 'capture',
  });
  return { said: stdout };
});
`;

const open = `version: 1
rules:
  - { plugin: built-in, allow: requested, profile: host }
  - plugin: tool
    allow:
      net: [{ url: "http://127.0.0.1:*", methods: ["*"], headers: ["*"], secrets: ["*"], private: true }]
      fs: [{ read: "**", write: "**" }]
      exec: [{ command: "*", args: any, env: any, secrets: ["*"] }]
      secrets: [{ names: [TOKEN] }]
`;

const workflow = `on: { manual: { inputs: { url: { required: true }, method: { default: GET }, file: { default: out/a* }, word: { default: "it's *" } } } }
jobs:
  build:
    steps:
      - run: echo hello
      - uses: ./tool
        with:
          url: \${{ inputs.url }}
          method: \${{ inputs.method }}
          file: \${{ inputs.file }}
          word: \${{ inputs.word }}
`;

it.skipIf(!(await needs('bwrap')))('allows the run again that it was learned from, and no other', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/from?q=*') response.writeHead(302, { location: '/to/*' }).end();
    else response.end('page');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  // A server that listens on a port has such an address.
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cwd = folderWith({
    'open.yaml': open,
    'ci.yml': workflow,
    'tool/plugin.yaml': manifest.replace('permissions:', 'outputs: { said: { type: string } }\npermissions:'),
    'tool/index.ts': plugin,
  });
  const env = { XDG_STATE_HOME: join(cwd, 'state') };
  const run = async (
    policy: string,
    ...inputs: readonly string[]
  ): Promise<{ readonly code: number | null; readonly denied: boolean }> => {
    const given = [`url=${origin}/from?q=*`, ...inputs].flatMap((input) => ['--input', input]);
    const argv = ['run', 'ci.yml', '--policy', policy, '--secret', 'TOKEN=a-long-secret', ...given];
    const { code, stdout, stderr } = await waterflow(argv, { cwd, env });
    return { code, denied: `${stdout}${stderr}`.includes('DENIED') };
  };
  expect(await run('open.yaml')).toEqual({ code: 0, denied: false });

  const learned = await waterflow(['policy', 'learn', 'latest'], { cwd, env });
  expect({ code: learned.code, stderr: learned.stderr }).toEqual({ code: 0, stderr: '' });
  expect(learned.stdout).not.toContain('Left out');
  expect(learned.stdout).not.toContain('a-long-secret');
  writeFileSync(join(cwd, 'learned.yaml'), learned.stdout);

  expect(await run('learned.yaml')).toEqual({ code: 0, denied: false });
  for (const other of [
    `url=${origin}/from?q=x`,
    `url=${origin}/from`,
    `url=${origin}/to/x`,
    'method=POST',
    'file=out/ab',
    'file=out/a',
    "word=it's x",
    'word=',
  ]) {
    expect({ other, ...(await run('learned.yaml', other)) }).toEqual({ other, code: 1, denied: true });
  }
  // Other code under the same name is another plugin.
  writeFileSync(join(cwd, 'tool', 'index.ts'), `${plugin}// changed\n`);
  expect(await run('learned.yaml')).toEqual({ code: 1, denied: true });
});
