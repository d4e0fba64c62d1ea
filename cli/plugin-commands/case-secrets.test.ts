import { describe, expect, it } from 'vitest';
import { commandLine } from '../testing/terminal.ts';
import { folderWith } from './testing/folder.ts';

const manifest = (secrets: string, more = ''): string => `name: asker
version: 1.0.0
description: Asks.
runtime: isolate
main: index.ts
inputs: { token: { type: string }, url: { type: string, required: true } }
permissions:
  net: [{ url: "https://a.example/**", headers: [authorization], secrets: ${secrets}, reason: asks }]
${more}`;

const source = `import { definePlugin } from 'waterflow/plugin';
export default definePlugin<{ readonly token: string; readonly url: string }>(async ({ token, url }, host) => {
  await host.net.request({ url, headers: { authorization: \`Bearer \${token}\` } });
  return {};
});
`;

const cases = (url: string): string => `- name: asks
  inputs: { token: "\${{ secrets.TOKEN }}", url: "${url}" }
  secrets: { TOKEN: case-value, OTHER: other-value }
  host_calls:
    - call:
        capability: net
        operation: request
        args: { url: "${url}", headers: { authorization: "Bearer \${{ secrets.TOKEN }}" } }
      ok: { status: 200, body: ok }
`;

describe('a secret in a recorded request', () => {
  const test = (yaml: string, url = 'https://a.example/x') =>
    commandLine(['plugin', 'test', './p'], {
      cwd: folderWith({ 'p/plugin.yaml': yaml, 'p/index.ts': source, 'p/tests/a.yaml': cases(url) }),
    });

  it.each(['[TOKEN]', '["${{ inputs.token }}"]'])('goes where the entry says secrets: %s', async (secrets) => {
    expect(await test(manifest(secrets))).toMatchObject({ code: 0 });
  });

  it.each([
    [
      'another secret is named',
      manifest('[OTHER]'),
      'https://a.example/x',
      'the secret `TOKEN` is not in its `secrets`',
    ],
    [
      'its own entry keeps it from net',
      manifest('["*"]', '  secrets: [{ names: [TOKEN], to: [exec], reason: x }]\n'),
      'https://a.example/x',
      'the secret `TOKEN` may not go to net',
    ],
    [
      'it stands in the URL',
      manifest('[TOKEN]'),
      'https://a.example/x?t=${{ secrets.TOKEN }}',
      'may not stand in the URL',
    ],
  ])('is refused where %s', async (_what, yaml, url, said) => {
    const { code, stdout, stderr } = await test(yaml, url);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain(said);
  });
});

describe('the message of a case whose step fails', () => {
  it('ends with one full stop', async () => {
    const cwd = folderWith({
      'p/plugin.yaml': 'name: ender\nversion: 1.0.0\ndescription: Ends.\nruntime: isolate\nmain: index.ts\n',
      'p/index.ts': "export default async () => { throw new Error('It is over.'); };\n",
      'p/tests/a.yaml': '- name: ends\n',
    });
    const { stdout } = await commandLine(['plugin', 'test', './p'], { cwd });
    expect(stdout).toContain('STEP_FAILED: It is over. The plugin threw it');
  });
});
