import { expect, test } from 'vitest';
import { exampleRoute } from '../testing/example-routes.ts';
import { startServer } from '../testing/start-server.ts';

const origin = 'https://app.example.com';

function corsHeaders(answer: Response): Readonly<Record<string, string>> {
  return Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('access-control-')));
}

test('no page may read an answer, where no origin is configured', async () => {
  await using server = await startServer({ routes: () => [exampleRoute()] });
  for (const method of ['GET', 'OPTIONS']) {
    const headers = { Origin: origin, 'Access-Control-Request-Method': 'GET' };
    const answer = await fetch(`${server.url}/v1/thing`, { method, headers });
    expect(corsHeaders(answer)).toEqual({});
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  }
});

test('pages of a configured origin may, and no others', async () => {
  await using server = await startServer({ routes: () => [exampleRoute()], config: { corsOrigins: [origin, '*'] } });
  const answerTo = (from: string, path = '/v1/thing'): Promise<Response> =>
    fetch(`${server.url}${path}`, { headers: { Origin: from } });
  const allowed = await answerTo(origin);
  expect(corsHeaders(allowed)).toMatchObject({ 'access-control-allow-origin': origin });
  expect(corsHeaders(allowed)).not.toHaveProperty('access-control-allow-credentials');
  expect(allowed.headers.get('vary')).toBe('Origin');
  // A page must be able to read why it was refused.
  expect(corsHeaders(await answerTo(origin, '/nothing'))).toMatchObject({ 'access-control-allow-origin': origin });
  for (const other of [
    'http://app.example.com',
    'https://app.example.com.evil.example',
    'https://evil.example',
    'null',
    '*',
  ]) {
    const answer = await answerTo(other);
    expect(corsHeaders(answer), other).toEqual({});
    expect(answer.headers.get('vary')).toBe('Origin');
  }
});

test('a preflight tells a configured origin what it may send', async () => {
  await using server = await startServer({ routes: () => [exampleRoute()], config: { corsOrigins: [origin] } });
  const headers = {
    Origin: origin,
    'Access-Control-Request-Method': 'GET',
    'Access-Control-Request-Headers': 'x-api-key',
  };
  const answer = await fetch(`${server.url}/v1/thing`, { method: 'OPTIONS', headers });
  expect(answer.status).toBe(204);
  expect(corsHeaders(answer)).toEqual({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, HEAD, OPTIONS',
    'access-control-allow-headers': expect.stringContaining('X-API-Key') as string,
    'access-control-max-age': '600',
  });
});
