import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCommandLine } from '../main.ts';
import { processTerminal } from '../terminal.ts';
import { testTerminal } from '../testing/terminal.ts';

interface Asked {
  readonly key: string | string[] | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a server is asked by a submission of this folder's `main.yml`; it drops the first `lost` connections. */
async function submitting(
  argv: readonly string[],
  {
    lost = 0,
    files = {},
    answered = { status: 201, body: { id: 'run-01m8j0t0b95exjjvwk4a78vbm4', warnings: [] } },
  }: {
    readonly lost?: number;
    readonly files?: Readonly<Record<string, string>>;
    readonly answered?: { readonly status: number; readonly body: object };
  } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-submit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'jobs'));
  const main = 'on: manual\njobs: { a: { uses: ./jobs/called.yml } }\n';
  const called = 'on: { workflow_call: {} }\njobs: { b: { steps: [{ run: "true" }] } }\n';
  const all = { 'main.yml': main, 'jobs/called.yml': called, ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  const asked: Asked[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    asked.push({ key: request.headers['idempotency-key'], body: (await json(request)) as Asked['body'] });
    if (asked.length <= lost) response.destroy();
    else response.writeHead(answered.status).end(JSON.stringify(answered.body));
  };
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const env = {
    WATERFLOW_SERVER_URL: `http://127.0.0.1:${port}`,
    XDG_CONFIG_HOME: '/nonexistent',
    TOKEN: 'hunter2hunter2',
  };
  const terminal = { ...testTerminal({ cwd: folder, env }), every: processTerminal(process).every };
  const code = await runCommandLine(['submit', ...argv], terminal);
  return { code, asked, stdout: terminal.written(), stderr: terminal.complaints() };
}

describe('waterflow submit', () => {
  it('sends the file with those that it calls, and what the run is given', async () => {
    const given = ['--input', 'a=1', '--var', 'b=2', '--label', 'team=web', '--secret', 'TOKEN'];
    const { code, stdout, asked } = await submitting(['main.yml', ...given]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'run-01m8j0t0b95exjjvwk4a78vbm4\n' });
    expect(asked[0]?.body).toEqual({
      workflow: expect.stringContaining('./jobs/called.yml'),
      file: 'main.yml',
      files: { 'jobs/called.yml': expect.stringContaining('workflow_call') },
      inputs: { a: '1' },
      vars: { b: '2' },
      labels: { team: 'web' },
      secrets: { TOKEN: 'hunter2hunter2' },
    });
  });

  it('sends again where no answer came, as the same submission', async () => {
    const { code, asked } = await submitting(['main.yml'], { lost: 2 });
    expect(code).toBe(0);
    expect(asked).toHaveLength(3);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
    const own = await submitting(['main.yml', '--idempotency-key', 'order-7']);
    expect(own.asked[0]?.key).toBe('order-7');
  });

  it('leaves to the server what is wrong with the file', async () => {
    const { asked } = await submitting(['main.yml'], {
      files: { 'main.yml': 'jobs: { a: { uses: ./gone.yml, x: 1 } }\n' },
    });
    const workflow = expect.stringContaining('gone.yml');
    expect(asked[0]?.body).toEqual({ workflow, file: 'main.yml', files: {} });
  });

  it.each([
    [['main.yml', '--label', 'team']],
    [['main.yml', '--secret', 'NOT_SET']],
    [['missing.yml']],
    [['main.yml', '--server', 'http://waterflow.example.com']],
  ])('sends nothing where %j is wrong', async (argv) => {
    const { code, asked } = await submitting(argv);
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
  });

  it('says what a dry run still lacks', async () => {
    const missing = {
      code: 'SECRET_MISSING',
      message: 'the workflow needs TOKEN',
      remedy: 'Send it.',
      line: 2,
      column: 1,
    };
    const body = { dry_run: true, name: 'deploy', jobs: { a: {} }, warnings: [], errors: [missing] };
    const { code, stdout, stderr } = await submitting(['main.yml', '--dry-run'], { answered: { status: 200, body } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'deploy would run, once it has its secrets: a\n' });
    expect(stderr).toContain('the workflow needs TOKEN');
  });
});
