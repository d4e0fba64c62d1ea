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

  it.each([
    ['a capability that the plugin does not request', 'exec', 'It requests fs, net.'],
    ['an unknown key', 'fs={ wirte: x }', 'is missing'],
    ['no YAML', 'fs={ write', '--grant'],
    ['more than one entry', 'fs={}], net: [{}', '--grant'],
  ])('refuses %s', async (_what, grant, said) => {
    expect(await run('a.txt', grant)).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });
});
