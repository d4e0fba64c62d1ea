import { beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../../e2e/require.ts';
import { isJsonObject, type JsonObject } from '../../../../schemas/index.ts';
import { importTestImage, testImage } from '../testing/images.ts';
import { clientGrant, clientScope, usualEntry } from './testing/client.ts';
import { idOf, openTestSocket } from './testing/socket.ts';

const works = await needs('docker');
const everything = {
  ...usualEntry,
  operations: ['run', 'exec', 'logs', 'build', 'pull', 'push', 'login', 'compose'],
  images: ['*'],
  user: 'any',
};

beforeAll(() => works && importTestImage());

function create(more: JsonObject = {}, hostConfig: JsonObject = {}): JsonObject {
  return { Image: testImage, Cmd: ['true'], HostConfig: hostConfig, ...more };
}

/** An HTTP/1.1 request as it stands. */
function http(line: string, headers: readonly string[] = [], body = ''): string {
  return [line, 'Host: docker', ...headers, '', body].join('\r\n');
}

describe.runIf(works)('what no grant has a word for, on the socket of an exec that is granted everything', () => {
  test.each<[string, string]>([
    ['GET', '/swarm'],
    ['POST', '/swarm/init'],
    ['POST', '/session'],
    ['POST', '/grpc'],
    ['GET', '/plugins'],
    ['POST', '/plugins/pull?remote=x'],
    ['GET', '/secrets'],
    ['GET', '/configs'],
    ['GET', '/nodes'],
    ['GET', '/services'],
    ['GET', '/tasks'],
    ['GET', '/system/df'],
    ['GET', '/events'],
    ['GET', '/distribution/alpine/json'],
    ['POST', '/commit?container=x'],
    ['POST', '/images/load'],
    ['GET', '/images/get?names=x'],
    ['GET', `/images/${testImage}/get`],
    ['GET', `/images/${testImage}/history`],
    ['DELETE', `/images/${testImage}`],
    ['GET', '/images/search?term=x'],
    ['POST', '/build/prune'],
    ['POST', '/build/cancel?id=x'],
    ['POST', '/containers/prune'],
    ['POST', '/networks/prune'],
    ['POST', '/volumes/prune'],
    ['POST', '/images/prune'],
    ['GET', '/containers/CONTAINER/archive?path=/'],
    ['PUT', '/containers/CONTAINER/archive?path=/'],
    ['HEAD', '/containers/CONTAINER/archive?path=/'],
    ['GET', '/containers/CONTAINER/export'],
    ['GET', '/containers/CONTAINER/changes'],
    ['GET', '/containers/CONTAINER/attach/ws?stream=1'],
    ['GET', '/containers/CONTAINER/checkpoints'],
    ['POST', '/containers/CONTAINER/checkpoints'],
    ['POST', '/containers/CONTAINER/update'],
    ['POST', '/containers/CONTAINER/pause'],
    ['POST', '/containers/CONTAINER/copy'],
    ['POST', '/images/create?fromSrc=http://169.254.169.254/'],
    ['POST', '/images/create?fromImage=alpine&repo=x'],
    ['POST', '/build?t=x:1&remote=http://169.254.169.254/'],
    ['POST', '/build?t=x:1&version=2'],
    ['POST', '/build?t=x:1&session=abc'],
    ['POST', '/build?t=x:1&cgroupparent=/'],
    ['POST', '/build?t=x:1&labels={"dev.waterflow.build":"x"}'],
    ['POST', '/build?t=x:1&extrahosts=a:1'],
    ['POST', '/containers/CONTAINER/start?checkpoint=x'],
    ['PATCH', '/containers/json'],
  ])('%s %s', async (method, path) => {
    await using scope = clientScope('paths');
    await using socket = await openTestSocket(scope, clientGrant([everything]));
    const made = await socket.ask('POST', '/containers/create', create());
    expect(made.status).toBe(201);
    const answer = await socket.ask(method, path.replace('CONTAINER', idOf(made)));
    expect(answer.status).toBe(403);
    await socket[Symbol.asyncDispose]();
    await scope.endRun();
  });

  test.each<[string, JsonObject]>([
    ['an unknown field', create({ Nonsense: null })],
    ['an unknown field of HostConfig', create({}, { Nonsense: 0 })],
    ['a known field in other case', create({ hostconfig: { Privileged: true } })],
    ['a field of HostConfig in other case', create({}, { privileged: true })],
    ['a field with a letter that Go folds to another', create({}, { 'Pri\u017Fvileged': true })],
    ['a privileged container', create({}, { Privileged: true })],
    ['a folder of the machine', create({}, { Binds: ['/:/host'] })],
    ['a folder above the workspace', create({}, { Binds: ['WORKSPACE/../..:/host'] })],
    ['a mount of the machine', create({}, { Mounts: [{ Type: 'bind', Source: '/', Target: '/host' }] })],
    ['a named pipe', create({}, { Mounts: [{ Type: 'npipe', Source: 'x', Target: '/host' }] })],
    ['propagation', create({}, { Binds: ['WORKSPACE:/x:rshared'] })],
    [
      'a volume with a driver of its own',
      create(
        {},
        {
          Mounts: [
            {
              Type: 'volume',
              Source: 'v',
              Target: '/x',
              VolumeOptions: { DriverConfig: { Name: 'local', Options: { type: 'none', o: 'bind', device: '/' } } },
            },
          ],
        },
      ),
    ],
    ['the uncovered /proc', create({}, { MaskedPaths: [] })],
    ['the writable /proc', create({}, { ReadonlyPaths: [] })],
    ["another container's PID namespace", create({}, { PidMode: 'container:x' })],
    ['a rule for devices', create({}, { DeviceCgroupRules: ['a *:* rwm'] })],
    ['a group', create({}, { GroupAdd: ['0'] })],
    ['a sysctl', create({}, { Sysctls: { 'net.ipv4.ip_forward': '1' } })],
    ['a driver for logs', create({}, { LogConfig: { Type: 'syslog', Config: { 'syslog-address': 'tcp://1.2.3.4' } } })],
    ['options for logs', create({}, { LogConfig: { Type: 'local', Config: { 'max-size': '100g' } } })],
    [
      'an address in a network',
      create(
        { NetworkingConfig: { EndpointsConfig: { bridge: { IPAddress: '1.2.3.4' } } } },
        { NetworkMode: 'bridge' },
      ),
    ],
    ['two networks', create({ NetworkingConfig: { EndpointsConfig: { a: {}, b: {} } } }, { NetworkMode: 'a' })],
    ['a check of its health with a field for more', create({ Healthcheck: { Test: ['CMD', 'true'], User: 'root' } })],
    ['tmpfs with options', create({}, { Tmpfs: { '/x': 'exec,suid' } })],
    ['an OOM killer that is off', create({}, { OomKillDisable: true })],
    ['annotations', create({}, { Annotations: { 'io.x': 'y' } })],
  ])('makes no container with %s', async (_what, body) => {
    await using scope = clientScope('fields');
    await using socket = await openTestSocket(scope, clientGrant([everything]));
    const given: unknown = JSON.parse(JSON.stringify(body).replaceAll('WORKSPACE', scope.workspace));
    const answer = await socket.ask(
      'POST',
      '/containers/create',
      isJsonObject(given as JsonObject) ? (given as JsonObject) : {},
    );
    expect({ status: answer.status, message: answer.body['message'] }).toEqual({
      status: 403,
      message: expect.stringMatching(/^denied by .*\. /su),
    });
    await socket[Symbol.asyncDispose]();
    await scope.endRun();
  });

  test.each<[string, string, JsonObject]>([
    ['a network of another driver', '/networks/create', { Name: 'n', Driver: 'macvlan' }],
    ['a network with options', '/networks/create', { Name: 'n', Options: { parent: 'eth0' } }],
    ['a network with addresses', '/networks/create', { Name: 'n', IPAM: { Config: [{ Subnet: '10.0.0.0/8' }] } }],
    ['a swarm network', '/networks/create', { Name: 'n', Ingress: true }],
    ['a volume of another driver', '/volumes/create', { Name: 'v', Driver: 'nfs' }],
    [
      'a volume that binds a folder',
      '/volumes/create',
      { Name: 'v', DriverOpts: { type: 'none', o: 'bind', device: '/' } },
    ],
  ])('makes not %s', async (_what, path, body) => {
    await using scope = clientScope('objects');
    await using socket = await openTestSocket(scope, clientGrant([everything]));
    expect((await socket.ask('POST', path, body)).status).toBe(403);
    await socket[Symbol.asyncDispose]();
    await scope.endRun();
  });

  test('runs no privileged program in a container, and none with a terminal', async () => {
    await using scope = clientScope('exec');
    await using socket = await openTestSocket(scope, clientGrant([everything]));
    const made = await socket.ask('POST', '/containers/create', create({ Cmd: ['sleep', '100'] }));
    const path = `/containers/${idOf(made)}/exec`;
    await socket.ask('POST', path.replace('/exec', '/start'));
    expect((await socket.ask('POST', path, { Cmd: ['id'], Privileged: true })).status).toBe(403);
    expect((await socket.ask('POST', path, { Cmd: ['id'], Tty: true })).status).toBe(403);
    expect((await socket.ask('POST', path, { Cmd: ['id'], privileged: true })).status).toBe(403);
    expect((await socket.ask('POST', path, { Cmd: ['id'] })).status).toBe(201);
    await socket[Symbol.asyncDispose]();
    await scope.endRun();
  });
});

describe.runIf(works)('a request that two readers could take for two things', () => {
  const body = JSON.stringify(create());
  const length = `Content-Length: ${body.length}`;
  test.each<[string, string]>([
    [
      'both lengths',
      http('POST /containers/create HTTP/1.1', [length, 'Transfer-Encoding: chunked'], `0\r\n\r\n${body}`),
    ],
    ['two lengths', http('POST /containers/create HTTP/1.1', [length, 'Content-Length: 0'], body)],
    ['the same length twice', http('POST /containers/create HTTP/1.1', [length, length], body)],
    ['another coding', http('POST /containers/create HTTP/1.1', ['Transfer-Encoding: xchunked'], body)],
    ['two codings', http('POST /containers/create HTTP/1.1', ['Transfer-Encoding: gzip, chunked'], `0\r\n\r\n`)],
    ['a folded header', http('GET /_ping HTTP/1.1', ['X: a', ' Content-Length: 5'])],
    ['a space before the colon', http('GET /_ping HTTP/1.1', ['Content-Length : 0'])],
    ['two hosts', http('GET /_ping HTTP/1.1', ['Host: other'])],
    ['a line feed alone', 'GET /_ping HTTP/1.1\nHost: docker\n\n'],
    ['another method in a header', http('GET /_ping HTTP/1.1', ['X-HTTP-Method-Override: DELETE'])],
    ['the absolute form', http('GET http://docker/_ping HTTP/1.1')],
    ['the authority form', http('CONNECT docker:80 HTTP/1.1')],
    ['the asterisk form', http('OPTIONS * HTTP/1.1')],
    ['doubled slashes', http('GET //_ping HTTP/1.1')],
    ['dots', http('GET /containers/../_ping HTTP/1.1')],
    ['encoded dots', http('GET /containers/%2e%2e/_ping HTTP/1.1')],
    ['an encoded slash', http('GET /containers%2fjson HTTP/1.1')],
    ['an encoded NUL', http('GET /containers/json%00 HTTP/1.1')],
    ['a fragment', http('GET /_ping#x HTTP/1.1')],
    ['a parameter twice', http('GET /containers/json?all=0&all=1 HTTP/1.1')],
    ['a version of another kind', http('GET /v2.0/_ping HTTP/1.1')],
    ['two versions', http('GET /v1.41/v1.41/_ping HTTP/1.1')],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    [
      'h2c',
      http('GET /_ping HTTP/1.1', [
        'Connection: Upgrade, HTTP2-Settings',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
      ]),
    ],
    ['a websocket', http('GET /containers/x/attach/ws HTTP/1.1', ['Connection: Upgrade', 'Upgrade: websocket'])],
    ['a session', http('POST /session HTTP/1.1', ['Connection: Upgrade', 'Upgrade: h2c'])],
    ['a session by tcp', http('POST /session HTTP/1.1', ['Connection: Upgrade', 'Upgrade: tcp'])],
    [
      'an upgrade of what has no streams',
      http('POST /containers/create HTTP/1.1', ['Connection: Upgrade', 'Upgrade: tcp', length], body),
    ],
    ['a body where none belongs', http('GET /_ping HTTP/1.1', [length], body)],
    [
      'a key twice',
      http(
        'POST /containers/create HTTP/1.1',
        ['Content-Length: 50'],
        '{"HostConfig":{},"HostConfig":{"Privileged":true}}',
      ),
    ],
    [
      'a key twice, once escaped',
      http('POST /containers/create HTTP/1.1', ['Content-Length: 36'], '{"Image":"a","\\u0049mage":"b","c":1}'),
    ],
  ])('is refused: %s', async (_what, request) => {
    await using scope = clientScope('smuggling');
    await using socket = await openTestSocket(scope, clientGrant([everything]));
    const answer = await socket.raw(request);
    // One answer at most, and the connection ends with it.
    expect(answer).toMatch(/^(?:HTTP\/1\.1 40[03] [\s\S]*)?$/u);
    expect(answer.split('HTTP/1.1 ').length).toBeLessThanOrEqual(2);
    await scope.endRun();
  });

  test('with a body that is too large is refused before it is read', async () => {
    await using scope = clientScope('large');
    await using socket = await openTestSocket(scope, clientGrant([everything]));
    const { status } = await socket.ask('POST', '/containers/create', { Image: 'x'.repeat(2 * 1024 * 1024) });
    expect(status).toBe(413);
    await scope.endRun();
  });

  test('is closed with the socket, however slow it is', async () => {
    await using scope = clientScope('slow');
    const socket = await openTestSocket(scope, clientGrant([everything]));
    const answer = socket.raw(http('POST /containers/create HTTP/1.1', ['Content-Length: 1000'], '{'));
    await socket.ask('GET', '/_ping');
    await socket[Symbol.asyncDispose]();
    expect(await answer).toBe('');
    await scope.endRun();
  });
});

describe.runIf(works)('a joined stream', () => {
  test('is that of the one container: what comes after it is its input', async () => {
    await using scope = clientScope('join');
    await using socket = await openTestSocket(scope, clientGrant([everything]));
    const cat = create({ Cmd: ['cat'], OpenStdin: true, StdinOnce: true });
    const made = await socket.ask('POST', '/containers/create', cat);
    const id = idOf(made);
    const smuggled = http('GET /info HTTP/1.1');
    const attach = `POST /containers/${id}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1`;
    const streams = socket.raw(http(attach, ['Connection: Upgrade', 'Upgrade: tcp', 'Content-Length: 0'], smuggled));
    await socket.ask('POST', `/containers/${id}/start`);
    // What came after the request is what `cat` reads and writes.
    await expect
      .poll(() => socket.raw(http(`GET /containers/${id}/logs?stdout=1 HTTP/1.1`, ['Connection: close'])))
      .toContain('GET /info');
    await socket.ask('POST', `/containers/${id}/kill`);
    const answer = await streams;
    expect(answer).toMatch(/^HTTP\/1\.1 101 /u);
    expect(answer).not.toContain('ServerVersion');
    await socket[Symbol.asyncDispose]();
    await scope.endRun();
  });

  test('is refused for a container of somebody else', async () => {
    await using other = clientScope('join-other');
    await using scope = clientScope('join-mine');
    await using theirs = await openTestSocket(other, clientGrant([everything]));
    await using mine = await openTestSocket(scope, clientGrant([everything]));
    const made = await theirs.ask('POST', '/containers/create', create());
    const attach = `POST /containers/${idOf(made)}/attach?stream=1 HTTP/1.1`;
    expect(await mine.raw(http(attach, ['Connection: Upgrade', 'Upgrade: tcp']))).toMatch(/^HTTP\/1\.1 404 /u);
    await theirs[Symbol.asyncDispose]();
    await mine[Symbol.asyncDispose]();
    await other.endRun();
    await scope.endRun();
  });
});

describe.runIf(works)('limits', () => {
  test('of containers, networks and what is not started', async () => {
    await using scope = clientScope('limits');
    const socket = await openTestSocket(scope, clientGrant([everything]));
    const statuses: number[] = [];
    for (let at = 0; at <= 20; at += 1)
      statuses.push((await socket.ask('POST', '/networks/create', { Name: `n${at}` })).status);
    expect(statuses.slice(-2)).toEqual([201, 429]);
    const made = await socket.ask('POST', '/containers/create?name=once', create());
    expect((await socket.ask('POST', '/containers/create?name=once', create())).status).toBe(409);
    await socket[Symbol.asyncDispose]();
    await using again = await openTestSocket(scope, clientGrant([everything]));
    // It was not started while its exec ran, so it is gone.
    expect((await again.ask('GET', `/containers/${idOf(made)}/json`)).status).toBe(404);
    await again[Symbol.asyncDispose]();
    await scope.endRun();
  });
});
