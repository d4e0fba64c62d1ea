/** What becomes of keys that no request can carry, and of those that a proxy could read. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RunningCommand } from '../../e2e/command.ts';
import { needs } from '../../e2e/require.ts';
import { borrowPython } from '../testing/clients.ts';

const isThere = await needs('python');
const python = isThere ? borrowPython() : '';
afterAll(() => {
  if (isThere) rmSync(dirname(python), { recursive: true });
});

const program = `
import asyncio, pickle, sys, traceback
from waterflow_client import AsyncWaterflow, Waterflow, WaterflowError
url = sys.argv[1]
def said(call):
    try:
        call()
        print("answered")
    except WaterflowError as error:
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
        print(type(again).__name__, again.code, again)
        traceback.print_exc(file=sys.stdout)
for key in ("s3cret-of-the-test\\n", "s3cret-\\nof-the-test", "s3cret-of-the-tést", " "):
    print("KEY")
    said(Waterflow(url, api_key=key).caller)
    said(lambda: asyncio.run(AsyncWaterflow(url, api_key=key).caller()))
print("IDEMPOTENCY")
said(lambda: Waterflow(url).submit("jobs: {}", idempotency_key="a b"))
print("CLOSED")
client = Waterflow(url)
client.close()
said(client.caller)
`;

describe.skipIf(!isThere)('a key given to the client in Python', () => {
  it('goes to the server alone, and where none can be sent that is said without it', async () => {
    const seen: (string | undefined)[] = [];
    const caller = { id: 'a', name: 'me', tenant_id: '*', role: 'viewer', by: 'jwt', permissions: [] };
    const server = createServer(({ headers, url }, response) => {
      seen.push(`${url} ${headers.authorization}`);
      response.setHeader('content-type', 'application/json').end(JSON.stringify(caller));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // Of a TCP server that listens.
    const proxied: string[] = [];
    const proxy = createServer(({ headers }, response) => {
      proxied.push(JSON.stringify(headers));
      response.writeHead(502).end();
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const env = { HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    const { stdout, stderr } = await new RunningCommand(python, ['-c', program, url], { env }).ended;
    server.close();
    proxy.close();
    expect(stderr).toBe('');
    expect({ proxied, seen }).toEqual({ proxied: [], seen: Array(2).fill('/v1/caller Bearer s3cret-of-the-test') });
    expect(stdout).not.toMatch(/s3cret|of-the/u);
    const lines = stdout.split('\n').filter((line) => /^(?:[A-Z]+$|answered|WaterflowError )/u.test(line));
    const refused = (why: string) => expect.stringMatching(new RegExp(`^WaterflowError USAGE ${why}`, 'u'));
    const wrong = refused('the API key holds');
    const empty = refused('the API key is empty');
    const answers = [
      ['answered', 'answered'],
      [wrong, wrong],
      [wrong, wrong],
      [empty, empty],
    ];
    expect(lines).toEqual([
      ...answers.flatMap((pair) => ['KEY', ...pair]),
      'IDEMPOTENCY',
      refused('the idempotency key holds'),
      'CLOSED',
      refused('the client is closed'),
    ]);
  });
});
