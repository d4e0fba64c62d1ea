import { describe, expect, it } from 'vitest';
import { folderWith } from '../plugin-commands/testing/folder.ts';
import { commandLine } from '../testing/terminal.ts';

const files = {
  'p/plugin.yaml': `name: writer
version: 1.0.0
description: Writes.
runtime: isolate
main: index.ts
inputs: { path: { type: string, required: true }, beside: { type: string } }
permissions:
  fs:
    - { write: "**", reason: writes }
    - { read: "\${{ inputs.path }}", reason: reads }
    - { read: "\${{ inputs.beside }}", reason: reads }
  net: [{ url: "https://example.com/**", reason: asks }]
`,
  'p/index.ts': `import { definePlugin } from 'waterflow/plugin';
export default definePlugin<{ readonly path: string }>(async ({ path }, host) => {
  await host.fs.write(path, 'x');
  return {};
});
`,
};

describe('waterflow plugin run --grant', () => {
  const run = (path: string, ...grants: readonly string[]) =>
    commandLine(['plugin', 'run', './p', '--input', `path=${path}`, ...grants.flatMap((grant) => ['--grant', grant])], {
      cwd: folderWith(files),
    });

  it.each([
    ['all of a capability', 'a.txt', ['fs'], 0],
    ['an entry', 'out/a.txt', ['fs={ write: "out/**" }'], 0],
    ['one of several entries', 'b.txt', ['fs={ write: out/a.txt }', 'fs={ write: b.txt }'], 0],
    ['no more than an entry', 'a.txt', ['fs={ write: "out/**" }'], 1],
    ['no other capability', 'a.txt', ['net'], 1],
  ])('lets a plugin have %s', async (_what, path, grants, code) => {
    const ran = await run(path, ...grants);
    expect(ran).toMatchObject({ code, stdout: expect.stringContaining(code === 0 ? 'allowed: fs' : 'denied: fs') });
  });

  it('lets it use the secret that an input is given', async () => {
    const cwd = folderWith({
      'p/plugin.yaml': `name: asker
version: 1.0.0
description: Asks.
runtime: isolate
main: index.ts
inputs: { token: { type: string, required: true } }
permissions:
  net: [{ url: "http://127.0.0.1:*/**", methods: [GET], headers: [authorization], secrets: ["\${{ inputs.token }}"], reason: asks }]
`,
      'p/index.ts': `import { definePlugin } from 'waterflow/plugin';
export default definePlugin<{ readonly token: string }>(async ({ token }, host) => {
  await host.net.request({ url: 'http://127.0.0.1:1/', headers: { authorization: token } }).catch((error: any) => host.log(error.code));
  return {};
});
`,
    });
    const argv = ['plugin', 'run', './p', '--secret', 'TOKEN=hidden-value', '--input', 'token=${{ secrets.TOKEN }}'];
    const ran = await commandLine([...argv, '--grant', 'net', '--allow-private', '127.0.0.1:1'], { cwd });
    // Nobody listens there: it was let go, and failed.
    expect(ran.stdout).toContain('allowed: net');
    expect(ran.stdout).not.toContain('denied:');
  });

  it.each([
    ['a capability that the plugin does not request', 'exec', 'It requests fs, net.'],
    ['an unknown key', 'fs={ wirte: x }', 'is missing'],
    ['no YAML', 'fs={ write', '--grant'],
    ['more than one entry', 'fs={}], net: [{}', '--grant'],
  ])('refuses %s', async (_what, grant, said) => {
    expect(await run('a.txt', grant)).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });
});

describe('waterflow plugin run --approve', () => {
  const run = (word: string) => {
    const cwd = folderWith({ ...files, 'other/plugin.yaml': '' });
    const approved = word.replace('CWD', cwd);
    return commandLine(['plugin', 'run', 'p', '--input', 'path=a.txt', '--approve', approved], { cwd });
  };

  it.each(['p', './p', 'p/', 'CWD/p'])('takes the plugin by %s', async (word) => {
    expect(await run(word)).toMatchObject({ code: 0, stdout: expect.stringContaining('allowed: fs') });
  });

  it.each(['./other', 'p@v1'])('refuses %s, which is another one', async (word) => {
    expect(await run(word)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('that is another plugin than ./p'),
    });
  });
});
