import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { makeTestScope } from '../testing/call.ts';
import { callsUnder, testDocker } from './testing/calls.ts';
import { type FakeDaemon, startFakeDaemon } from './testing/fake-daemon.ts';

const id = 'c'.repeat(64);
const image = `sha256:${'a'.repeat(64)}`;
const upgraded = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json =
  (value: unknown, status = 200): Answer =>
  (_request, response) =>
    void response.writeHead(status).end(JSON.stringify(value));

/** As one on this machine: it finds the file that is there, and not the one that isn't. */
function answerToProbe(request: IncomingMessage, response: ServerResponse): void {
  void text(request).then((body) => response.writeHead(body.includes('/not-') ? 400 : 404).end('{"message":"no"}'));
}

/** A daemon that does everything right, with a container that says hello. */
const right: readonly (readonly [RegExp, Answer])[] = [
  [/^GET \/version/u, json({ ApiVersion: '1.41', MinAPIVersion: '1.12' })],
  [/\/info$/u, json({ NCPU: 2 })],
  [/\/containers\/create$/u, answerToProbe],
  [/\/containers\/create\?name=/u, json({ Id: id }, 201)],
  [/\/containers\/json/u, json([])],
  [/\/volumes/u, json({ Volumes: null })],
  [/\/networks/u, json([])],
  [/\/images\/json/u, json([])],
  [/\/images\/.*\/json/u, json({ Id: image, Size: 1, RepoDigests: null, Config: null })],
  [/\/wait/u, json({ StatusCode: 0 })],
  [/\/start$/u, json('', 204)],
  [/\/containers\/c+\/json/u, json({ State: { Status: 'exited', ExitCode: 0, OOMKilled: false } })],
  [/\/kill/u, json('', 204)],
  [/^DELETE/u, json('', 204)],
];

/** The same, but for some answers; `attach` is what the container says. */
function daemonWith(
  wrong: readonly (readonly [RegExp, Answer])[],
  attach: (socket: Socket) => void = (socket) =>
    socket.end(Buffer.from([1, 0, 0, 0, 0, 0, 0, 5, ...Buffer.from('hello')])),
): Promise<FakeDaemon> {
  return startFakeDaemon({
    request(request, response) {
      const line = `${request.method} ${request.url}`;
      const [, answer] = [...wrong, ...right].find(([pattern]) => pattern.test(line)) ?? [undefined, json({}, 404)];
      answer(request, response);
    },
    upgrade(_request, socket) {
      socket.write(upgraded);
      attach(socket);
    },
  });
}

/** Runs a container there; an error as its code and message. */
async function run(daemon: FakeDaemon): Promise<unknown> {
  await using scope = makeTestScope();
  const capability = testDocker({ environment: { DOCKER_HOST: `unix://${daemon.socket}` } });
  const call = callsUnder(capability, { entry: { images: ['*'], operations: ['run'] }, scope });
  return await call('run', { image: 'alpine', stdout: 'capture' });
}

/** Whether the container was removed, by its name or its id. */
function removed(daemon: FakeDaemon): boolean {
  return daemon.asked.some((line) => /^DELETE .*\/containers\/(?:waterflow-[0-9a-f]{32}|c{64})\?force=1/u.test(line));
}

test('(a daemon that does everything right is believed)', async () => {
  await using daemon = await daemonWith([]);
  expect(await run(daemon)).toEqual({ exit_code: 0, out_of_memory: false, image, digests: [], stdout: 'hello' });
  expect(removed(daemon)).toBe(true);
});

describe('a container is removed, and the call fails, where a daemon', () => {
  const hangUp: Answer = (_request, response) => response.destroy();
  test.each<[string, RegExp, Answer]>([
    ['gives it an id that leads elsewhere', /\/create\?name=/u, json({ Id: '../../images' }, 201)],
    ['gives it no id', /\/create\?name=/u, json({}, 201)],
    ['answers with a list', /\/create\?name=/u, json([id], 201)],
    ['hangs up while it makes it', /\/create\?name=/u, hangUp],
    ['can not start it', /\/start$/u, json({ message: 'no' }, 500)],
    ['hangs up while it starts it', /\/start$/u, hangUp],
    ['does not wait for it', /\/wait/u, json({ message: 'no' }, 500)],
    ['stops waiting for it', /\/wait/u, (_request, response) => void response.writeHead(200).end()],
    ['tells an exit code that is none', /\/wait/u, json({ StatusCode: 'zero' })],
    ['does not say how it is', /\/containers\/c+\/json/u, json({ State: null })],
  ])('%s', async (_what, pattern, answer) => {
    await using daemon = await daemonWith([[pattern, answer]]);
    await expect(run(daemon)).rejects.toMatchObject({ name: 'CallFailure', code: 'FAILED' });
    expect(removed(daemon)).toBe(true);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['sends garbage for output', (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')],
    ['breaks off a frame', (socket) => socket.end(Buffer.from([1, 0, 0, 0, 0, 0, 0, 9, 1]))],
    ['closes the connection within a frame', (socket) => socket.write(Buffer.from([1, 0, 0]), () => socket.destroy())],
  ])('%s', async (_what, attach) => {
    await using daemon = await daemonWith([], attach);
    await expect(run(daemon)).rejects.toMatchObject({ name: 'CallFailure', code: 'FAILED' });
    expect(removed(daemon)).toBe(true);
  });
});

describe('nothing is made where a daemon', () => {
  test.each<[string, RegExp, Answer]>([
    ['is none', /\/version/u, json({ hello: 'world' })],
    ['is too old', /\/version/u, json({ ApiVersion: '1.30' })],
    ['has an image without an id', /\/images\/.*\/json/u, json({ Id: '../x', Size: 1 })],
    ['does not know its processors', /\/info/u, json({})],
    ['lists containers that are none', /\/containers\/json/u, json([null])],
  ])('%s', async (_what, pattern, answer) => {
    await using daemon = await daemonWith([[pattern, answer]]);
    await expect(run(daemon)).rejects.toMatchObject({ name: 'CallFailure', code: 'FAILED' });
    expect(daemon.asked.some((line) => line.includes('/create?name='))).toBe(false);
  });
});
