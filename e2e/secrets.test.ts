import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, summaryOf, waterflow } from './command.ts';

const token = 'tok-7f3a91c2d4';
const password = 'pass word/with+specials"&\n second line of it';

/** Steps that let a secret out by every way a script has. */
const workflow = `
name: leaky
on: manual
jobs:
  leaks:
    outputs:
      token: \${{ steps.print.outputs.token }}
    steps:
      - id: print
        env:
          TOKEN: \${{ secrets.TOKEN }}
          PASSWORD: \${{ secrets.PASSWORD }}
        run: |
          test "\${#TOKEN}" = "${token.length}" -a "\${#PASSWORD}" = "${password.length}"
          echo "raw $TOKEN"; echo "raw $PASSWORD"
          printf %s "$TOKEN" | base64; printf %s "x$TOKEN" | base64; printf %s "xy$TOKEN" | base64
          printf %s "$TOKEN" | cut -c1-5 | tr -d '\\n'; printf %s "$TOKEN" | cut -c6-
          echo "error $TOKEN" >&2
          echo "token=$TOKEN" >> "$WATERFLOW_OUTPUT"
          echo "COPY=x$TOKEN $(printf %s "$TOKEN" | base64)" >> "$WATERFLOW_ENV"; echo "/opt/$TOKEN" >> "$WATERFLOW_PATH"
          printf 'LINES<<END\\n%s\\nEND\\n' "$PASSWORD" >> "$WATERFLOW_ENV"
      - id: fails
        continue-on-error: true
        env: { TOKEN: "\${{ secrets.TOKEN }}" }
        run: echo "$TOKEN" >&2; exit 1
      - id: asks
        continue-on-error: true
        uses: ./plugins/asks
        with: { token: "\${{ secrets.TOKEN }}" }
`;

const plugin = {
  'plugins/asks/plugin.yaml': `
name: asks
version: 1.0.0
description: Puts what it was given wherever it can
runtime: isolate
main: index.js
inputs: { token: { type: string, required: true } }
`,
  'plugins/asks/index.js': `
export default async ({ token }, host) => {
  host.log('given ' + token);
  try { await host.call('net', 'request', { url: 'https://example.com/' + token }); } catch (error) { host.log(String(error.message)); }
  throw new Error('failed with ' + token);
};
`,
};

/** Every file below a folder, as bytes. */
function filesBelow(folder: string): readonly { readonly path: string; readonly bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, bytes: readFileSync(path) }));
}

/** A secret as it may be found: as it is, its second line, in base64 at its alignments, URL-encoded, JSON-escaped. */
function formsOf(secret: string): readonly string[] {
  const aligned = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset, 'x'), Buffer.from(secret)]).toString('base64');
    // What depends on the bytes around it is cut off.
    return text.slice(Math.ceil((offset * 8) / 6) + 1, -4);
  });
  return [secret, ...secret.split('\n'), ...aligned, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
}

describe('a secret of waterflow run', () => {
  it.each([
    ['from the environment', ['--secret', 'TOKEN', '--secret', 'PASSWORD'], { TOKEN: token, PASSWORD: password }],
    ['by value', ['--secret', `TOKEN=${token}`, '--secret', `PASSWORD=${password}`], {}],
  ])('given %s is used, and stands nowhere afterwards', async (_how, secrets, env) => {
    for (const form of [[], ['--json']]) {
      const folder = folderWith({ 'leaky.yml': workflow, ...plugin });
      const argv = ['run', 'leaky.yml', '--state', 'state', ...secrets, ...form];
      const ended = await waterflow(argv, { cwd: folder, env });
      expect({ code: ended.code, out: ended.stdout }).toMatchObject({ code: 0 });
      const written = [
        { path: 'stdout', bytes: Buffer.from(ended.stdout) },
        { path: 'stderr', bytes: Buffer.from(ended.stderr) },
        ...filesBelow(join(folder, 'state')),
      ];
      const forms = [...formsOf(token), ...formsOf(password)];
      const found = written.flatMap(({ path, bytes }) =>
        forms.filter((text) => bytes.includes(text)).map((text) => ({ path, text })),
      );
      expect(found).toEqual([]);
      // What is no secret is found in the same way, in the output as in the logs on disk.
      expect(written.filter(({ bytes }) => bytes.includes('raw ')).length).toBeGreaterThan(1);
    }
  });

  it("is missed by name where it wasn't given", async () => {
    const folder = folderWith({ 'leaky.yml': workflow, ...plugin });
    const argv = ['run', 'leaky.yml', '--state', 'state', '--json', '--secret', `TOKEN=${token}`];
    const ended = await waterflow(argv, { cwd: folder });
    expect(ended.code).toBe(1);
    expect(summaryOf(ended).jobs['leaks']?.steps['print']?.error).toMatchObject({
      code: 'SECRET_MISSING',
      message: expect.stringContaining('PASSWORD'),
    });
  });

  it('of fewer than four characters is refused', async () => {
    const folder = folderWith({ 'leaky.yml': workflow, ...plugin });
    const argv = ['run', 'leaky.yml', '--state', 'state', '--secret', 'TOKEN=abc', '--secret', 'PASSWORD=long enough'];
    const { code, stdout, stderr } = await waterflow(argv, { cwd: folder });
    expect({ code, text: stdout + stderr }).toMatchObject({ text: expect.stringMatching(/TOKEN.*characters/) });
    expect(code).not.toBe(0);
  });
});
