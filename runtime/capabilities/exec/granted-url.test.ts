import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { callUnder, testGrant } from '../../grants/testing/grant.ts';
import { makeTestScope } from '../testing/call.ts';
import { parseArgsRule } from './args-grammar.ts';

const echo: JsonObject = { command: 'echo', args: ['-n', '--', { type: 'url', granted: true }], profile: 'host' };
const net: JsonObject = { url: 'https://example.com/releases/*', methods: ['GET'] };
const args = (url: string): JsonObject => ({ command: 'echo', args: ['-n', '--', url], stdout: 'capture' });

describe('a URL that has to be granted', () => {
  test('is taken where net lets the plugin read it', async () => {
    await using scope = makeTestScope();
    const grant = testGrant({ manifest: { exec: [echo], net: [net] } });
    const url = 'https://example.com/releases/1.0';
    expect(await callUnder(grant, 'exec.run', { args: args(url), scope })).toMatchObject({ stdout: `-- ${url}` });
  });

  test.each([
    ['beside it', 'https://example.com/secrets/1.0'],
    ['that only looks like it', 'https://example.com/releases/../secrets'],
    ['with a user in it', 'https://example.com@evil.example/releases/1.0'],
    ['of another scheme', 'http://example.com/releases/1.0'],
    ['with a backslash, which curl and git read otherwise', 'https://example.com\\@127.0.0.1/releases/1.0'],
    ['of which curl makes several', 'https://example.com/releases/{1.0,../../secrets}'],
    ['with dots on its way', 'https://example.com/x/../releases/1.0'],
    ['in another spelling than the one that was checked', 'https://EXAMPLE.com:443/releases/1.0'],
    ['that is longer than any', `https://example.com/releases/${'x'.repeat(9000)}`],
  ])('is refused %s', async (_what, url) => {
    await using scope = makeTestScope();
    const grant = testGrant({ manifest: { exec: [echo], net: [net] } });
    await expect(callUnder(grant, 'exec.run', { args: args(url), scope })).rejects.toMatchObject({ code: 'DENIED' });
  });

  test('is refused where one layer gives no net, or net only to write', async () => {
    await using scope = makeTestScope();
    const url = 'https://example.com/releases/1.0';
    for (const step of [{ exec: [echo] }, { exec: [echo], net: [{ ...net, methods: ['PUT'] }] }]) {
      const grant = testGrant({ manifest: { exec: [echo], net: [net] }, step });
      await expect(callUnder(grant, 'exec.run', { args: args(url), scope })).rejects.toMatchObject({
        code: 'DENIED',
        rule: 'exec args: granted',
      });
    }
  });

  test('has a scheme that net knows', () => {
    expect(parseArgsRule([{ type: 'url', granted: true, schemes: ['https', 'http'] }])).not.toHaveProperty('problem');
    expect(parseArgsRule([{ type: 'url', granted: true, schemes: ['ssh'] }])).toHaveProperty('problem');
    expect(parseArgsRule([{ type: 'path', granted: true }])).toHaveProperty('problem');
  });
});
