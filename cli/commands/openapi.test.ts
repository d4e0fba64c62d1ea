import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine } from '../testing/terminal.ts';

interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, unknown>>;
}

describe('waterflow openapi', () => {
  it("prints the document of the server's API, without a server", async () => {
    const { code, stdout, stderr } = await commandLine(['openapi']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { openapi, servers, paths } = JSON.parse(stdout) as Document;
    expect([openapi, servers]).toEqual(['3.1.0', [{ url: '/' }]]);
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/healthz', '/v1/workflows', '/openapi.json']));
  });

  it('says where the server is, and writes to a file', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'waterflow-openapi-'));
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    const argv = ['openapi', '--url', 'https://waterflow.example.com', '--out', 'api.json'];
    const { code, stdout } = await commandLine(argv, { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const { servers } = JSON.parse(readFileSync(join(cwd, 'api.json'), 'utf8')) as Document;
    expect(servers).toEqual([{ url: 'https://waterflow.example.com' }]);
  });
});
