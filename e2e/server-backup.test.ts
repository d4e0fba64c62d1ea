import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyAudit } from '../runtime/audit/index.ts';
import { start, waterflow } from './command.ts';
import { askServer, endedRun, listening, type ServerProcess, serverPlace } from './server-process.ts';

/** Waits for somebody, then works. */
const waiting = `name: waits
on: manual
jobs:
  work:
    steps:
      - { id: ask, uses: approval@v1 }
      - { id: after, run: echo "went on" }
`;
/** Writes its log, its audit log and its journal all the time. */
const busy = `name: busy
on: manual
jobs:
  work:
    steps:
      - id: first
        run: echo made > made.txt
      - id: loop
        uses: for-each@v1
        with:
          items: \${{ fromJSON('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]') }}
          steps:
            - { run: "cat made.txt; echo item; head -c 30000 /dev/zero | tr '\\\\0' x", retry: { attempts: 3, initial-interval: 10ms } }
`;

async function submit(server: ServerProcess, body: string): Promise<string> {
  const response = await fetch(new URL('/v1/workflows', server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/yaml' },
    body,
  });
  const { id } = (await response.json()) as { readonly id: string }; // As the API says.
  return id;
}

const statusOf = async (server: ServerProcess, run: string) =>
  (await askServer(server, `/v1/workflows/${run}`)).body['status'];

/** `npm run test:backup` tries it with as many as a server may have in a day's work. */
const many = process.env['WATERFLOW_BACKUP'] === 'whole' ? 18 : 3;

describe('a backup of a server that works', () => {
  it('is one from which all runs that were in progress go on', async () => {
    const place = serverPlace();
    const server = await place.begin();
    const waits = await Promise.all(Array.from({ length: many }, () => submit(server, waiting)));
    const works = await Promise.all(Array.from({ length: 2 }, () => submit(server, busy)));
    for (const run of waits) await expect.poll(() => statusOf(server, run)).toBe('waiting');
    const out = join(place.folder, 'backup.tar.gz');
    const made = await waterflow(['backup', '--state', place.state, '--out', out, '--json']);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const { unfinished, skipped } = JSON.parse(made.stdout) as {
      readonly unfinished: readonly { readonly run: string }[];
      readonly skipped: readonly object[];
    };
    expect(unfinished.map(({ run }) => run).toSorted()).toEqual([...waits, ...works].toSorted());
    expect(skipped).toEqual([]);
    server.process.kill('SIGKILL');
    await server.process.ended;

    // Jobs know their workspaces by absolute paths.
    const { state } = place;
    const restored = await waterflow(['restore', out, '--state', state, '--force', '--json']);
    expect(JSON.parse(restored.stdout)).toMatchObject({
      type: 'restored',
      runs: many + 2,
      lost: [],
      keys: { included: ['agent-key.pem'] },
    });
    const next = await listening(start(['server', '--state', state, '--port', '0'], { cwd: place.folder }));
    for (const run of waits) {
      const body = { decision: 'approve' };
      expect(await askServer(next, `/v1/workflows/${run}/approvals`, body)).toMatchObject({ status: 202 });
    }
    const ended = await Promise.all([...waits, ...works].map((run) => endedRun(next, run)));
    expect(ended.map(({ status }) => status)).toEqual(ended.map(() => 'success'));
    next.process.kill('SIGTERM');
    await next.process.ended;
    for (const run of works) expect(await verifyAudit(join(state, run, 'audit.ndjson'))).toMatchObject({ ok: true });
  });
});
