import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canMount, fillDisk, smallDisk } from '../runtime/audit/testing/small-disk.ts';
import { folderWith, noticesOf, start, summaryOf, waterflow } from './command.ts';

const plugin = (url: string): Readonly<Record<string, string>> => ({
  'plugins/caller/plugin.yaml': `
name: caller
version: 1.0.0
description: Calls a server again and again.
runtime: isolate
main: index.ts
permissions:
  net: [{ url: "${url}*", methods: [GET], private: true, reason: calls }]
`,
  'plugins/caller/index.ts': `
import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (_, host) => {
  for (let call = 1; call <= 60; call += 1) await host.net.request({ url: '${url}' + call });
  return {};
});
`,
  'policy.yaml': `
version: 1
rules:
  - plugin: caller
    allow:
      net: [{ url: "${url}*", methods: [GET], private: true }]
`,
  'w.yml': `
name: w
on: manual
jobs:
  calls:
    steps:
      - uses: ./plugins/caller
        retry: { attempts: 3, initial-interval: 1ms, on: [lost] }
`,
});

describe.runIf(canMount())('a run whose disk is full', () => {
  it('makes no call that is not on record, keeps what came of each, fails, and goes on when there is room', async () => {
    using disk = smallDisk('16m');
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      if (asked.length === 20) fillDisk(disk.folder);
      response.end('fine');
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
    const cwd = folderWith(plugin(url));
    const options = ['--json', '--policy', 'policy.yaml', '--state', disk.folder];
    const failed = await start(['run', 'w.yml', ...options], { cwd }).ended;
    expect(failed).toMatchObject({ code: 3 });
    expect(failed.stdout + failed.stderr).toContain('STORAGE_FULL');
    const run = noticesOf(failed)[0]?.run ?? '';

    const query = ['audit', 'query', run, '--capability', 'net', '--json', '--state', disk.folder];
    const callsOf = async (): Promise<readonly { call: { args: { url: string } }; result: string }[]> =>
      (await waterflow(query, { cwd })).stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    const recorded = await callsOf();
    expect(asked.length).toBeLessThan(60);
    expect(recorded.map(({ call }) => new URL(call.args.url).pathname)).toEqual(asked);
    expect(new Set(recorded.map(({ result }) => result))).toEqual(new Set(['ok']));

    rmSync(join(disk.folder, 'ballast'));
    const resumed = await start(['run', '--resume', run, ...options], { cwd }).ended;
    expect(summaryOf(resumed).status).toBe('success');
    expect((await callsOf()).map(({ call }) => new URL(call.args.url).pathname)).toEqual(asked);
    const verified = await waterflow(['audit', 'verify', run, '--state', disk.folder], { cwd });
    expect(verified.stdout).toContain('the chain holds:');
  });
});
