import { describe, expect, test } from 'vitest';
import { makeTestScope } from '../testing/call.ts';
import { local, request, serve } from './testing/request.ts';

describe('headers', () => {
  test.each([
    [{ 'x-a': 'b\r\nx-injected: 1' }, 'INVALID_ARGUMENTS'],
    [{ 'x-a': 'b\nc' }, 'INVALID_ARGUMENTS'],
    [{ 'x-a': 'b\0' }, 'INVALID_ARGUMENTS'],
    [{ 'x-a': '\u0100' }, 'INVALID_ARGUMENTS'],
    [{ 'x a': 'b' }, 'INVALID_ARGUMENTS'],
    [{ 'x-a': '1', 'X-A': '2' }, 'INVALID_ARGUMENTS'],
    [{ Host: 'evil.example' }, 'DENIED'],
    [{ 'Transfer-Encoding': 'chunked' }, 'DENIED'],
    [{ 'content-length': '0' }, 'DENIED'],
    [{ Connection: 'upgrade' }, 'DENIED'],
    [{ 'Proxy-Authorization': 'x' }, 'DENIED'],
    [{ 'x-a': 'x'.repeat(70_000) }, 'LIMIT_EXCEEDED'],
  ])('%j are refused, whatever is granted', async (headers, code) => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = makeTestScope();
    // The union of the rows has optional keys; each row is a record.
    const given = headers as Readonly<Record<string, string>>;
    await expect(request(scope, { url: server.origin, headers: given })).rejects.toMatchObject({ code });
    expect(server.requests).toEqual([]);
  });

  test('beyond the harmless ones need to be granted', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = makeTestScope();
    const entries = [{ ...local, headers: ['X-Known', 'X-Own-*'] }];
    const headers = { accept: 'a/b', 'x-known': '1', 'x-own-thing': '2' };
    await expect(request(scope, { url: server.origin, headers }, { entries })).resolves.toMatchObject({ status: 200 });
    await expect(
      request(scope, { url: server.origin, headers: { authorization: 'x' } }, { entries }),
    ).rejects.toMatchObject({ code: 'DENIED' });
  });

  test('carry a secret where it is granted, and it comes back as its placeholder', async () => {
    await using server = await serve((incoming, outgoing) => {
      outgoing
        .writeHead(200, { 'x-echo': String(incoming.headers['x-token']) })
        .end(`you sent ${String(incoming.headers['x-token'])}`);
    });
    await using scope = makeTestScope({ secrets: { TOKEN: 'correct horse' } });
    const entries = [{ ...local, secrets: ['TOKEN'] }];
    const token = scope.secrets.placeholder('TOKEN') ?? '';
    const answer = await request(scope, { url: server.origin, headers: { 'x-token': token } }, { entries });
    expect(server.requests[0]?.headers['x-token']).toBe('correct horse');
    expect(answer).toMatchObject({ body: `you sent ${token}`, headers: { 'x-echo': token } });
    expect(Object.assign({}, ...scope.notes)).toMatchObject({ secrets: ['TOKEN'] });
  });

  test('never carry a secret that would end them, and say nothing of it', async () => {
    await using scope = makeTestScope({ secrets: { KEY: 'line one\nline two' } });
    const headers = { 'x-key': scope.secrets.placeholder('KEY') ?? '' };
    const refused = request(
      scope,
      { url: 'http://127.0.0.1/', headers },
      { entries: [{ ...local, secrets: ['KEY'] }] },
    );
    await expect(refused).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: expect.not.stringContaining('line one'),
    });
  });
});
