/** The client in Python: the scenarios, and the examples of its README. */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { RunningCommand } from '../../e2e/command.ts';
import { areShown } from '../../e2e/page.ts';
import { needs } from '../../e2e/require.ts';
import { blocksOn } from '../../tools/code-blocks/blocks.ts';
import { borrowPython } from '../testing/clients.ts';
import { emptyServer, missingOperations } from '../testing/operations.ts';
import { examplesOf } from '../testing/readme.ts';
import { strangeCalls, strangeServer, strangeStreams } from '../testing/strange-server.ts';
import { isWhole, scenariosWith } from '../testing/suite.ts';

const isThere = await needs('python');
const python = isThere ? borrowPython() : '';
afterAll(() => {
  if (isThere) rmSync(dirname(python), { recursive: true });
});

const examples = [
  ...blocksOn('clients/python/README.md', { language: 'python' }),
  ...blocksOn('clients/python/README.md', { language: 'text' }),
].sort((one, other) => one.line - other.line);

describe.skipIf(!isThere)('the client in Python', () => {
  const { world } = scenariosWith({ client: 'python', program: () => python });

  for (const { title, program, prints } of examplesOf(examples)) {
    it(`does what its README says: ${title}`, async () => {
      const { url, keys } = world();
      const env = { WATERFLOW_SERVER_URL: url, WATERFLOW_API_KEY: keys['admin'] };
      const { stdout, stderr } = await new RunningCommand(python, ['-c', program], { env }).ended;
      expect(stderr).toBe('');
      expect({ stdout, isShown: areShown(stdout.trimEnd().split('\n'), prints) }).toMatchObject({ isShown: true });
    });
  }
});

describe.skipIf(!isThere)('the asynchronous client in Python', () => {
  // It is the same source: in short what is its own, to be ended from elsewhere.
  const isItsOwn = ({ steps }: { readonly steps: readonly { readonly cancel?: string }[] }): boolean =>
    isWhole || steps.some(({ cancel }) => cancel !== undefined);
  scenariosWith({ client: 'python-async', program: () => python, only: isItsOwn });
});

const callAll = `
import inspect, sys
from waterflow_client import Waterflow, WaterflowError
client = Waterflow(sys.argv[1], retry_for=0)
def value(parameter):
    kind = str(parameter.annotation)
    return b"x" if "bytes" in kind else 1 if "int" in kind or "float" in kind else "x"
def wanted(parameter):
    return parameter.default is parameter.empty and parameter.kind != parameter.VAR_KEYWORD
for part in (client, client.schedules, client.webhooks, client.keys):
    for name, method in inspect.getmembers(part, inspect.ismethod):
        if name.startswith("_") or name == "close":
            continue
        parameters = inspect.signature(method).parameters
        try:
            begun = method(**{each: value(parameters[each]) for each in parameters if wanted(parameters[each])})
            if hasattr(begun, "__iter__"):
                next(iter(begun))
        except WaterflowError as error:
            assert error.code == "NOT_FOUND", error
`;

it.skipIf(!isThere)('the client in Python has a method for each operation of the API', async () => {
  await using server = await emptyServer();
  const { stderr } = await new RunningCommand(python, ['-c', callAll, server.url]).ended;
  expect(stderr).toBe('');
  expect(missingOperations(server.requests)).toEqual([]);
});

const callStranger = `
import sys
from waterflow_client import TimedOutError, Waterflow, WaterflowError
url, calls, streams = sys.argv[1], sys.argv[2].split(), sys.argv[3].split()
RUN = "run-01m8pmfjjyeapqpd6d2kgk4689"
def code(call, client):
    try:
        return call(client)
    except WaterflowError as error:
        return error.code
for name in calls:
    with Waterflow(f"{url}/{name}", retry_for=0) as client:
        for call in (
            lambda client: client.get_run(RUN),
            lambda client: client.submit("on: manual"),
            lambda client: client.wait(RUN, timeout=30),
            lambda client: client.keys.list(),
            lambda client: list(client.list_runs()),
        ):
            assert code(call, client) == "NO_ANSWER", name
for name in streams:
    with Waterflow(f"{url}/{name}", retry_for=0) as client:
        assert code(lambda client: list(client.stream_logs(RUN, reconnect_for=0.05)), client) == "NO_ANSWER", name
with Waterflow(f"{url}/silent") as client:
    assert code(lambda client: client.wait(RUN, timeout=0.05), client) == "TIMED_OUT"
`;

it.skipIf(!isThere)('the client in Python says in errors of its own that no server of Waterflow answers', async () => {
  const argv = ['-c', callStranger, await strangeServer(), strangeCalls.join(' '), strangeStreams.join(' ')];
  const { stderr } = await new RunningCommand(python, argv).ended;
  expect(stderr).toBe('');
});

/** As many at once, and more than a client has connections. */
const calls = 150;
const inThreads = `
import sys
from concurrent.futures import ThreadPoolExecutor
from waterflow_client import Waterflow
with Waterflow(sys.argv[1]) as client, ThreadPoolExecutor(${calls}) as threads:
    print(len(list(threads.map(lambda _: client.caller(), range(${calls})))))
    client.caller()
`;
const inTasks = `
import asyncio, sys
from waterflow_client import AsyncWaterflow
async def main():
    async with AsyncWaterflow(sys.argv[1]) as client:
        print(len(await asyncio.gather(*(client.caller() for _ in range(${calls})))))
        await client.caller()
asyncio.run(main())
`;

describe.skipIf(!isThere).each([
  ['threads', inThreads],
  ['tasks', inTasks],
])('the connections of a client in Python, used by many %s', (_, program) => {
  it('are a hundred at most, and used again', async () => {
    const { url, sockets } = await patientServer();
    const { stdout, stderr } = await new RunningCommand(python, ['-c', program, url]).ended;
    expect({ stdout, stderr }).toEqual({ stdout: `${calls}\n`, stderr: '' });
    const { whenAllWaited, inAll } = sockets();
    expect(whenAllWaited).toBe(100);
    expect(inAll).toBeLessThanOrEqual(calls);
  });
});

/** Answers nobody until a hundred wait, and then whoever asks. */
async function patientServer() {
  const sockets = { whenAllWaited: 0, inAll: 0 };
  let waiting: ServerResponse[] | undefined = [];
  const caller = JSON.stringify({ id: 'a', name: 'me', tenant_id: '*', role: 'viewer', by: 'jwt', permissions: [] });
  const server = createServer((_, response) => {
    waiting?.push(response);
    if (waiting === undefined) response.end(caller);
    if (waiting?.length !== 100) return;
    sockets.whenAllWaited = sockets.inAll;
    for (const each of waiting) each.end(caller);
    waiting = undefined;
  });
  server.on('connection', () => (sockets.inAll += 1));
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}`, sockets: () => sockets };
}
