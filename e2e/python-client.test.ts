/** examples/clients/python: the shop, with a real server. */
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Ended, RunningCommand, root } from './command.ts';
import { portOf, type ServerProcess, serverPlace } from './server-process.ts';

interface Shop {
  readonly server: ServerProcess;
  readonly folder: string;
  /** Another server in the place of the first one, which is killed. */
  readonly startAnew: () => Promise<void>;
  /** A command of the shop, with the key of somebody, at the server or at what stands before it. */
  readonly begin: (key: string, argv: readonly string[], url?: string) => RunningCommand;
  readonly shop: (...call: Parameters<Shop['begin']>) => Promise<Ended>;
  readonly keys: { readonly shop: string; readonly grace: string };
}

async function openShop(): Promise<Shop> {
  const place = serverPlace();
  const server = await place.begin();
  cpSync(join(root, 'examples', 'clients', 'python'), place.folder, { recursive: true });
  const keyOf = async (name: string, role: string): Promise<string> => {
    const { stdout } = await place.command(
      server,
      'keys',
      'new',
      '--name',
      name,
      '--role',
      role,
      '--state',
      place.state,
    );
    return stdout.trim();
  };
  const begin: Shop['begin'] = (key, argv, url = server.url) => {
    const env = { WATERFLOW_SERVER_URL: url, WATERFLOW_API_KEY: key, PYTHONDONTWRITEBYTECODE: '1' };
    return new RunningCommand('python3', ['shop.py', ...argv], { cwd: place.folder, env });
  };
  const startAnew = async (): Promise<void> => {
    server.process.kill('SIGKILL');
    await server.process.ended;
    await place.begin({ port: portOf(server) });
  };
  const keys = { shop: await keyOf('shop', 'operator'), grace: await keyOf('grace', 'approver') };
  return { server, folder: place.folder, startAnew, begin, shop: (...call) => begin(...call).ended, keys };
}

/** What stands before a server and breaks off the first stream behind its first line. Resolves with its URL and the requests for streams. */
async function cuttingProxy({ url }: ServerProcess) {
  const streams: string[] = [];
  const proxy = createServer((client) => {
    const server = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
    let cuts = false;
    let sent = '';
    client.on('data', (data) => {
      if (data.includes('/logs ')) {
        streams.push(data.toString());
        cuts = streams.length === 1;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (!cuts) {
        client.write(data);
        return;
      }
      sent += data.toString();
      const [head] = /^[\s\S]*?id: .*\ndata: .*\n\n/.exec(sent) ?? [];
      // With the beginning of the next event, which is none before its end.
      if (head !== undefined) client.end(`${head}id: 9.9\ndata: {`);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  });
  proxy.listen(0, '127.0.0.1');
  onTestFinished(() => void proxy.close());
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return { url: `http://127.0.0.1:${address.port}`, streams };
}

describe('the shop in Python', () => {
  it('places a large order once, has it approved, and follows it over a connection that breaks off', async () => {
    const { server, shop, keys } = await openShop();
    const placed = await shop(keys.shop, ['place', '7', '--item', 'tea', '--amount', '250']);
    expect(placed).toMatchObject({ code: 0, stderr: '' });
    expect(placed.stdout).toMatch(
      /^order 7 is run run-[0-9a-z]{26}\nit waits for somebody: Ship tea for 250 euros\?\n$/,
    );
    expect((await shop(keys.shop, ['place', '7', '--item', 'tea', '--amount', '250'])).stdout).toBe(placed.stdout);

    const refused = await shop(keys.shop, ['approve', '7']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain("the role operator can't approve");
    expect(await shop(keys.grace, ['approve', '7', '--comment', 'in stock'])).toMatchObject({
      code: 0,
      stdout: 'approved\n',
    });

    const proxy = await cuttingProxy(server);
    const followed = await shop(keys.shop, ['follow', '7'], proxy.url);
    const lines = ['ship: reserved tea', 'ship: printed the label', 'ship: shipped tea, as grace said', 'success'];
    expect(followed).toMatchObject({ code: 0, stderr: '', stdout: `${lines.join('\n')}\n` });
    expect(proxy.streams.map((request) => /^last-event-id: (.+)$/im.exec(request)?.[1] !== undefined)).toEqual([
      false,
      true,
    ]);
  });

  it('goes on with following and approving when the server was killed and started anew', async () => {
    const { startAnew, begin, shop, keys } = await openShop();
    await shop(keys.shop, ['place', '9', '--amount', '100']);
    const following = begin(keys.shop, ['follow', '9']);
    await following.saying('ship: printed the label\n');
    await startAnew();
    expect(await shop(keys.grace, ['approve', '9', '--reject'])).toMatchObject({ code: 0, stdout: 'rejected\n' });
    const lines = ['ship: reserved tea', 'ship: printed the label', 'failure'];
    expect(await following.ended).toMatchObject({ code: 1, stderr: '', stdout: `${lines.join('\n')}\n` });
  });

  it('says where a workflow file is wrong, and which input is', async () => {
    const { shop, folder, keys } = await openShop();
    const text = readFileSync(join(folder, 'order.yml'), 'utf8');
    writeFileSync(join(folder, 'wrong.yml'), text.replace('uses: approval@v1', 'use: approval@v1'));
    const wrong = await shop(keys.shop, ['place', '8', '--workflow', 'wrong.yml']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/^line 19, column 9: `use` is no key of a step\n {2}Did you mean `uses`\?/m);

    const input = await shop(keys.shop, ['place', '8', '--item', 'TEA!']);
    expect(input).toMatchObject({ code: 2, stdout: '' });
    expect(input.stderr).toContain('item');
    // What was refused keeps no key of idempotency.
    expect(await shop(keys.shop, ['place', '8', '--item', 'tea'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nit is done: success\n$/),
    });
  });

  it('says that there is no server, and that there is no such order', async () => {
    const { shop, folder, keys } = await openShop();
    expect(await shop(keys.grace, ['approve', '7'])).toMatchObject({ code: 1, stderr: 'there is no order 7\n' });
    writeFileSync(join(folder, 'orders.json'), '{"7": "run-01m8j3taaaaaaaaaaaaaaaaaaa"}');
    const gone = await shop(keys.grace, ['approve', '7']);
    expect(gone).toMatchObject({ code: 2, stderr: expect.stringContaining('run-01m8j3taaaaaaaaaaaaaaaaaaa') });
    const unreachable = await shop(keys.grace, ['approve', '7'], 'http://127.0.0.1:1');
    expect(unreachable).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('http://127.0.0.1:1 gives no answer'),
    });
  });
});
