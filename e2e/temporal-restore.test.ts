/** Disaster recovery, as docs/operations.md has it: both databases are backed up, lost and restored, and runs go on from there. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { startPostgres } from '../storage/records/testing/postgres.ts';
import { startAgentOf } from './agent-world.ts';
import { folderWith } from './command.ts';
import { needs } from './require.ts';
import { askServer, endedRun, type ServerProcess } from './server-process.ts';
import { beginAgent, beginServer, temporalPlace } from './temporal-world.ts';

const approved = `
name: approved
on: manual
jobs:
  before: { runs-on: work, steps: [{ run: echo before }] }
  # No agent has it, or that agent's end would be its end.
  ask: { needs: before, steps: [{ uses: approval@v1, with: { message: Go on? } }] }
  after: { needs: ask, runs-on: work, steps: [{ run: echo after }] }
`;

const isThere = (await needs('temporal')) && (await needs('postgres'));
const postgres = isThere ? await startPostgres({ durable: false }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** A program of PostgreSQL's. */
function postgresProgram(name: string, ...argv: readonly string[]): void {
  const programs = dirname(globSync('/usr/lib/postgresql/*/bin/initdb').sort().at(-1) ?? '');
  execFileSync(join(programs, name), [...argv], { stdio: 'pipe' });
}

async function textOf(server: ServerProcess, run: string): Promise<string> {
  const log = await fetch(new URL(`/v1/workflows/${run}/logs`, server.url), { headers: { accept: 'text/plain' } });
  return log.text();
}

async function waits(server: ServerProcess, run: string): Promise<void> {
  const status = async (): Promise<unknown> => (await askServer(server, `/v1/workflows/${run}`)).body['status'];
  await expect.poll(status, { timeout: 90_000 }).toBe('waiting');
}

describe.skipIf(!isThere)('after both databases were lost and restored', { timeout: 400_000 }, () => {
  it('what had ended is shown, what waited goes on, and what began later is known to nobody', async () => {
    await using temporal = await startTemporal();
    const backup = folderWith({});
    const DATABASE_URL = (await postgres?.createDatabase()) ?? '';
    const at = temporalPlace(temporal, { namespace: 'default', files: {}, env: { DATABASE_URL } });
    const server = await beginServer(at);
    const submit = async (to: ServerProcess): Promise<string> =>
      String((await askServer(to, '/v1/workflows', { workflow: approved })).body['id']);
    const agent = await beginAgent(at, server);
    const [ended, waiting] = [await submit(server), await submit(server)];
    for (const run of [ended, waiting]) await waits(server, run);
    await askServer(server, `/v1/workflows/${ended}/approvals`, { decision: 'approve' });
    expect(await endedRun(server, ended)).toMatchObject({ status: 'success' });

    // Without servers and engines nothing is decided, so that both are of one moment.
    server.process.kill('SIGTERM');
    await server.process.ended;
    postgresProgram('pg_dump', '--format=custom', `--file=${join(backup, 'records')}`, DATABASE_URL);
    await temporal.stop('fast');
    copyFileSync(temporal.databaseFile, join(backup, 'temporal.db'));
    await temporal.start();

    // Life goes on until the disaster.
    const next = await beginServer(at);
    await askServer(next, `/v1/workflows/${waiting}/approvals`, { decision: 'approve' });
    expect(await endedRun(next, waiting)).toMatchObject({ status: 'success' });
    const later = await submit(next);
    await waits(next, later);
    next.process.kill('SIGKILL');
    await next.process.ended;
    agent.process.kill('SIGKILL');
    await agent.process.ended;
    await temporal.stop('immediate');
    for (const file of globSync(`${temporal.databaseFile}*`)) rmSync(file);

    copyFileSync(join(backup, 'temporal.db'), temporal.databaseFile);
    await temporal.start();
    const restored = (await postgres?.createDatabase()) ?? '';
    postgresProgram('pg_restore', '--no-owner', `--dbname=${restored}`, join(backup, 'records'));
    const env = { ...at.env, DATABASE_URL: restored };
    const last = await beginServer({ ...at, env });
    expect((await askServer(last, `/v1/workflows/${later}`)).status).toBe(404);
    expect((await askServer(last, `/v1/workflows/${ended}`)).body).toMatchObject({ status: 'success' });
    expect(await textOf(last, ended)).toMatch(/before[^]*after/u);
    expect((await askServer(last, `/v1/workflows/${waiting}`)).body).toMatchObject({ status: 'waiting' });
    const { body: made } = await askServer(last, '/v1/keys', { name: 'another', role: 'agent' });
    const shipping = { WATERFLOW_SERVER_URL: last.url, WATERFLOW_AGENT_KEY: String(made['key']) };
    await startAgentOf(at, { name: agent.name, state: agent.state, env: shipping });
    await askServer(last, `/v1/workflows/${waiting}/approvals`, { decision: 'approve' });
    expect(await endedRun(last, waiting)).toMatchObject({ status: 'success' });
    expect(await textOf(last, waiting)).toMatch(/before[^]*after/u);
  });
});
