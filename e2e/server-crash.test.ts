import { expect, it } from 'vitest';
import { askServer, type ServerProcess, serverPlace } from './server-process.ts';

const quick = `
name: quick
on: manual
jobs:
  first: { steps: [{ uses: sleep@v1, with: { duration: 50ms } }] }
  second: { needs: first, steps: [{ uses: sleep@v1, with: { duration: 10ms } }] }
`;
const lives = 2;
const clients = 4;
const mostMs = 60_000;

/** Submits as fast as it is answered, until the server is gone; the runs that it acknowledged. */
async function submitting(server: ServerProcess, client: string): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  try {
    for (;;) {
      const labels = { client, n: String(acknowledged.length) };
      const { status, body } = await askServer(server, '/v1/workflows', { workflow: quick, labels });
      if (status !== 201) throw new Error(`${status}: ${JSON.stringify(body)}`);
      acknowledged.push(String(body['id']));
    }
  } catch (cause) {
    // A server that was killed hangs up.
    if (cause instanceof TypeError || (cause instanceof SyntaxError && acknowledged.length > 0)) return acknowledged;
    throw cause;
  }
}

it('a server that is killed again and again loses no run that it acknowledged', { timeout: 180_000 }, async () => {
  const place = serverPlace();
  const acknowledged: string[] = [];
  for (let life = 0; life < lives; life += 1) {
    const server = await place.begin();
    const submitted = Array.from({ length: clients }, (_, index) => submitting(server, `${life}.${index}`));
    // In the midst of submissions, starts and ends.
    await new Promise((resolve) => void setTimeout(resolve, 2_000 + life * 700));
    server.process.child.kill('SIGKILL');
    acknowledged.push(...(await Promise.all(submitted)).flat());
    await server.process.ended;
  }
  expect(acknowledged.length).toBeGreaterThan(clients);
  expect(new Set(acknowledged).size).toBe(acknowledged.length);
  const server = await place.begin();
  const until = Date.now() + mostMs;
  let open = acknowledged;
  const ends = new Map<string, unknown>();
  while (open.length > 0 && Date.now() < until) {
    const left: string[] = [];
    for (const run of open) {
      const { status, body } = await askServer(server, `/v1/workflows/${run}`);
      expect([run, status]).toEqual([run, 200]);
      if (body['ended_at'] === undefined) left.push(run);
      else ends.set(run, body['status']);
    }
    open = left;
  }
  expect(open).toEqual([]);
  expect(new Set(ends.values())).toEqual(new Set(['success']));
});
