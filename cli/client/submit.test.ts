import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCommandLine } from '../main.ts';
import { testTerminal } from '../testing/terminal.ts';

interface Asked {
  readonly key: string | string[] | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a server does instead of its answer: it drops the connection, or gives that status, as a proxy before it does. */
type Away = 'drops' | number;

/** What a server is asked by a submission of this folder's `main.yml`, to which it answers those first ones in other ways. */
async function submitting(
  argv: readonly string[],
  {
    away = [],
    files = {},
    answered = { status: 201, body: { id: 'run-01m8j0t0b95exjjvwk4a78vbm4', warnings: [] } },
  }: {
    readonly away?: readonly Away[];
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
    const instead = away[asked.length - 1];
    if (instead === 'drops') response.destroy();
    else if (instead === undefined) response.writeHead(answered.status).end(JSON.stringify(answered.body));
    else response.writeHead(instead, { location: '/' }).end('<html>');
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
  const waits: number[] = [];
  const terminal = { ...testTerminal({ cwd: folder, env, now: () => sum(waits) }), every };
  const code = await runCommandLine(['submit', ...argv], terminal);
  return { code, asked, waits, stdout: terminal.written(), stderr: terminal.complaints() };

  /** Time passes where somebody waits for it, and nowhere else. */
  function every(milliseconds: number, callback: () => void): () => void {
    waits.push(milliseconds);
    const soon = setImmediate(callback);
    return () => clearImmediate(soon);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
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
    const { code, asked, stdout, stderr } = await submitting(['main.yml'], { away: ['drops', 502, 503, 'drops', 504] });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'run-01m8j0t0b95exjjvwk4a78vbm4\n' });
    expect(asked).toHaveLength(6);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
    expect(stderr).toMatch(/^http:\/\/127\.0\.0\.1:\d+ does not answer; trying again \(Ctrl-C ends this\)\n$/);
    const own = await submitting(['main.yml', '--idempotency-key', 'order-7'], { away: ['drops'] });
    expect(own.asked.map(({ key }) => key)).toEqual(['order-7', 'order-7']);
    expect(own.stderr).toBe('');
  });

  it.each([
    [[], 30_000],
    [['--retry-for', '2m'], 120_000],
    [['--retry-for', '0s'], 0],
  ])('gives a server that stays away up after %j', async (argv, waited) => {
    const away = Array.from({ length: 100 }, () => 502);
    const { code, waits, asked, stderr } = await submitting(['main.yml', ...argv], { away });
    expect({ code, waited: sum(waits), stderr }).toEqual({
      code: 3,
      waited,
      stderr: expect.stringMatching(/SERVER_UNAVAILABLE[\s\S]*it answered with status 502/),
    });
    expect(asked).toHaveLength(waits.length + 1);
  });

  it('gives what a server says that is ready too late', async () => {
    const body = { code: 'STORAGE_FAILED', detail: 'the database is away', remedy: 'Look at it.' };
    const { code, waits, stderr } = await submitting(['main.yml'], { answered: { status: 503, body } });
    expect({ code, waited: sum(waits) }).toEqual({ code: 3, waited: 30_000 });
    expect(stderr).toContain('the database is away');
  });

  it.each<Away>([302, 404, 500])('sends once where something else answers, with %j', async (status) => {
    const { code, asked } = await submitting(['main.yml'], { away: [status] });
    expect({ code, asked: asked.length }).toEqual({ code: 3, asked: 1 });
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
    [['main.yml', '--retry-for', 'soon']],
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
