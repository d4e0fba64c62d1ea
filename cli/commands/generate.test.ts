import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { chunk, startStandIn } from '../generate/testing/stand-in.ts';
import { runCommandLine } from '../main.ts';
import { commandLine, testTerminal } from '../testing/terminal.ts';

const good = 'name: greet\non: manual\njobs:\n  greet:\n    steps:\n      - run: echo "Hello"\n';
const bad = 'name: greet\non: manual\njobs:\n  greet:\n    steps:\n      - uses: no-such-node@v1\n';
const fenced = (text: string) => `Here it is:\n\n\`\`\`yaml\n${text}\`\`\`\nDone.`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waterflow-generate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function generate(url: string | undefined, argv: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const named = url === undefined ? {} : { WATERFLOW_GENERATE_URL: url, WATERFLOW_GENERATE_MODEL: 'test-model' };
  return commandLine(['generate', '--prompt', 'greet the world', ...argv], {
    cwd: folder,
    env: { HOME: folder, CANARY_SECRET: 'canary-of-the-environment', ...named, ...env },
  });
}

async function errorOf(
  url: string | undefined,
  argv: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const { code, stdout } = await generate(url, ['--json', ...argv], env);
  // An error is one object on a line.
  const error = JSON.parse(stdout) as { readonly code: string; readonly message: string; readonly remedy: string };
  return { exit: code, ...error };
}

describe('what a model writes', () => {
  it.each([
    ['streamed, in a fence', fenced(good)],
    ['whole, without a fence', { whole: good }],
  ])('goes to stdout where it is valid: %s', async (_, reply) => {
    await using model = await startStandIn(reply);
    const { code, stdout, stderr } = await generate(model.url);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: good,
      stderr: 'valid after 1 round; read it before you run it\n',
    });
  });

  it('is corrected by its diagnostics until it is valid', async () => {
    await using model = await startStandIn(fenced(bad), fenced(good));
    const { code, stdout } = await generate(model.url, ['--json']);
    expect({ code, result: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      result: { valid: true, rounds: 2, model: 'test-model', workflow: good },
    });
    const told = model.asked[1]?.said.at(-1);
    expect(told).toContain('line 6, column 15: PLUGIN_NOT_FOUND: ');
    expect(model.asked[1]?.said).toHaveLength(4);
  });

  it('is shown with its diagnostics where it never is, and is not written', async () => {
    await using model = await startStandIn(fenced(bad));
    const { code, stdout, stderr } = await generate(model.url, ['--rounds', '2', '--output', 'greet.yml']);
    expect({ code, stdout, asked: model.asked.length }).toEqual({ code: 1, stdout: bad, asked: 2 });
    expect(stderr).toContain('PLUGIN_NOT_FOUND');
    expect(stderr).toContain('not valid after 2 rounds, so greet.yml was not written');
    expect(existsSync(join(folder, 'greet.yml'))).toBe(false);
  });

  it('replaces no file that is there but by --force, and nothing is asked before', async () => {
    await using model = await startStandIn(fenced(good));
    writeFileSync(join(folder, 'greet.yml'), 'mine');
    expect(await errorOf(model.url, ['--output', 'greet.yml'])).toMatchObject({ exit: 2, code: 'USAGE' });
    expect(model.asked).toEqual([]);
    expect((await generate(model.url, ['--output', 'greet.yml', '--force'])).code).toBe(0);
    expect(readFileSync(join(folder, 'greet.yml'), 'utf8')).toBe(good);
  });

  it('reads nothing that lies here: neither workflows nor plugins', async () => {
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine', 'plugin.yaml'), 'name: canary-of-a-plugin\n');
    writeFileSync(join(folder, 'other.yml'), 'canary-of-a-file: [');
    const nosy = 'on: manual\njobs:\n  a: { uses: ./other.yml }\n  b: { steps: [{ uses: ./mine }] }\n';
    await using model = await startStandIn(fenced(nosy), fenced(good));
    expect((await generate(model.url)).code).toBe(0);
    expect(JSON.stringify(model.asked).includes('canary-of-a-')).toBe(false);
  });

  it('has no characters that a terminal carries out', async () => {
    await using model = await startStandIn(fenced(good.replace('Hello', 'H\u001b[2Je\u202ello')));
    expect((await generate(model.url)).stdout).toBe(good.replace('Hello', 'H[2Jello'));
  });
});

describe('what a model is told', () => {
  it('is the prompt, the schema and the nodes, and nothing of the environment but its key', async () => {
    await using model = await startStandIn(fenced(good));
    await generate(model.url, [], { WATERFLOW_GENERATE_API_KEY: 'key-of-the-model' });
    const [asked] = model.asked;
    expect(asked).toMatchObject({
      path: '/v1/chat/completions',
      authorization: 'Bearer key-of-the-model',
      body: { model: 'test-model', stream: true },
      said: [expect.stringContaining('- http@v1: '), 'greet the world'],
    });
    expect(asked?.said[0]).toContain('"continue-on-error"');
    const sent = JSON.stringify(asked?.body);
    expect(['canary-of', 'key-of-the-model', folder].filter((text) => sent.includes(text))).toEqual([]);
  });

  it('goes to the endpoint of the configuration, with the key of its file', async () => {
    await using model = await startStandIn(fenced(good));
    const config = join(folder, '.config', 'waterflow');
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, 'model.key'), 'from-a-file\n', { mode: 0o600 });
    writeFileSync(
      join(config, 'config.yaml'),
      `generate: { url: "${model.url}", model: other, api-key-file: model.key }\n`,
    );
    expect((await generate(undefined)).code).toBe(0);
    expect(model.asked[0]).toMatchObject({ authorization: 'Bearer from-a-file', body: { model: 'other' } });
    chmodSync(join(config, 'model.key'), 0o644);
    expect(await errorOf(undefined)).toMatchObject({ exit: 2, code: 'INVALID_INPUT' });
  });
});

describe('nobody is asked', () => {
  it('who was not named', async () => {
    expect(await errorOf(undefined)).toMatchObject({
      exit: 2,
      code: 'USAGE',
      message: 'no model is configured, and none is asked by default',
      remedy: expect.stringContaining('WATERFLOW_GENERATE_URL'),
    });
  });

  it.each([
    ['http://models.example.com/v1', 'everybody could read the key and the prompt'],
    ['https://ada:pw@models.example.com/v1', 'holds a user name or password'],
    ['ftp://models.example.com/v1', 'no URL of the web'],
    ['models', 'no URL'],
  ])('at %s', async (url, message) => {
    expect(await errorOf(url)).toMatchObject({ exit: 2, code: 'USAGE', message: expect.stringContaining(message) });
  });

  it('to whom an endpoint redirects', async () => {
    await using other = await startStandIn(fenced(good));
    await using model = await startStandIn((response) =>
      response.writeHead(307, { location: `${other.url}/chat/completions` }).end(),
    );
    expect(await errorOf(model.url)).toMatchObject({
      exit: 3,
      code: 'SERVER_UNAVAILABLE',
      message: expect.stringContaining('redirects'),
    });
    expect(other.asked).toEqual([]);
  });
});

describe('an endpoint that gives no reply', () => {
  const json = { 'content-type': 'application/json' };
  const stream = { 'content-type': 'text/event-stream' };
  it.each([
    [401, 2, 'UNAUTHENTICATED'],
    [429, 1, 'RATE_LIMITED'],
    [404, 3, 'SERVER_UNAVAILABLE'],
  ])('says why: status %i', async (status, exit, code) => {
    const error = { message: 'not with key-of-the-model \u001b[31m' };
    await using model = await startStandIn((response) =>
      response.writeHead(status, json).end(JSON.stringify({ error })),
    );
    const said = await errorOf(model.url, [], { WATERFLOW_GENERATE_API_KEY: 'key-of-the-model' });
    expect(said).toMatchObject({ exit, code, message: expect.stringContaining(`status ${status}: not with ***`) });
    expect(said.message).not.toContain('\u001b');
  });

  it.each([
    ['breaks off', (response: Parameters<typeof answerWith>[0]) => answerWith(response, stream, chunk('name: x'))],
    ['is no chat completion', (response: Parameters<typeof answerWith>[0]) => answerWith(response, json, '{}')],
    ['is empty', (response: Parameters<typeof answerWith>[0]) => answerWith(response, stream, 'data: [DONE]\n\n')],
    ['is no JSON', (response: Parameters<typeof answerWith>[0]) => answerWith(response, stream, 'data: {\n\n')],
  ])('that %s', async (_, reply) => {
    await using model = await startStandIn(reply);
    expect(await errorOf(model.url)).toMatchObject({ exit: 3, code: 'SERVER_UNAVAILABLE' });
  });

  it('in time', async () => {
    await using model = await startStandIn((response) => void response.writeHead(200, stream).write(chunk('name')));
    const said = await errorOf(model.url, ['--timeout', '1s']);
    expect(said).toMatchObject({ exit: 3, message: expect.stringContaining('it took longer than 1 seconds') });
  });

  it('that is whole', async () => {
    const cut = JSON.stringify({ choices: [{ finish_reason: 'length', message: { content: 'on: manual\n' } }] });
    const cutStream = `${chunk('on: manual')}data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\n`;
    for (const [headers, body] of [[json, cut] as const, [stream, cutStream] as const]) {
      await using model = await startStandIn((response) => response.writeHead(200, headers).end(body));
      const said = await errorOf(model.url);
      expect(said).toMatchObject({ exit: 1, code: 'LIMIT_EXCEEDED', message: expect.stringContaining('cut off') });
      expect(model.asked).toHaveLength(1);
    }
  });

  it('that ends', async () => {
    const endless = chunk('x'.repeat(64 * 1024)).repeat(8);
    await using model = await startStandIn((response) => void response.writeHead(200, stream).write(endless));
    expect(await errorOf(model.url)).toMatchObject({ exit: 1, code: 'LIMIT_EXCEEDED' });
  });
});

it('ends with Ctrl-C, while it waits', async () => {
  const terminal = testTerminal({
    cwd: folder,
    env: { HOME: folder, WATERFLOW_GENERATE_MODEL: 'test-model' },
  });
  let interrupt = (): void => {};
  await using model = await startStandIn(() => interrupt());
  const env = { ...terminal.env, WATERFLOW_GENERATE_URL: model.url };
  const code = await runCommandLine(['generate', '--prompt', 'greet'], {
    ...terminal,
    env,
    onInterrupt: (callback) => {
      interrupt = () => callback('SIGINT');
      return () => {};
    },
  });
  expect({ code, written: terminal.written(), asked: model.asked.length }).toEqual({
    code: 130,
    written: '',
    asked: 1,
  });
});

function answerWith(
  response: { writeHead(status: number, headers: Readonly<Record<string, string>>): { end(text: string): unknown } },
  headers: Readonly<Record<string, string>>,
  text: string,
): void {
  response.writeHead(200, headers).end(text);
}
