import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { folderWith } from '../../e2e/command.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { migrations } from '../../storage/records/schema.ts';
import { lockServerState } from '../composition/server-lock.ts';
import { commandLine } from '../testing/terminal.ts';

/** A server that has not started yet. */
function serverOf() {
  const state = join(folderWith({}), 'state') as AbsolutePath; // Temporary folders are absolute.
  return {
    state,
    file: join(state, 'server.sqlite'),
    migrate: (...argv: readonly string[]) => commandLine(['migrate', '--state', state, ...argv]),
  };
}

describe('waterflow migrate', () => {
  it('shows what is missing and changes nothing, applies it, and has nothing more to do then', async () => {
    const { file, migrate } = serverOf();
    const before = await migrate('--check', '--json');
    expect(before.code).toBe(1);
    const { pending } = JSON.parse(before.stdout) as {
      readonly pending: readonly { readonly table: string; readonly number: number }[];
    };
    const ofRecords = pending.filter(({ table }) => table === 'waterflow_migrations');
    expect(ofRecords.map(({ number }) => number)).toEqual(migrations.map(({ number }) => number));
    expect(existsSync(file)).toBe(false);
    const applied = await migrate('--to-latest', '--json');
    expect(JSON.parse(applied.stdout)).toMatchObject({ type: 'migrated', driver: 'sqlite', applied: pending });
    expect(await migrate('--check', '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"pending":[]'),
    });
    expect(await migrate()).toMatchObject({
      code: 0,
      stdout: `the records in ${file} have the form of this version\n`,
    });
  });

  it('goes on from where the tables are', async () => {
    const { file, migrate } = serverOf();
    await migrate();
    const database = new DatabaseSync(file);
    const last = migrations.length;
    database.exec(`DELETE FROM waterflow_migrations WHERE number = ${last}; DROP TABLE sources`);
    for (const table of ['runs', 'schedules', 'webhooks']) {
      database.exec(`DROP INDEX ${table}_of_source; ALTER TABLE ${table} DROP COLUMN source`);
    }
    database.close();
    expect(await migrate('--check')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`pending: waterflow_migrations ${last}, `),
    });
    expect(await migrate()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`applied: waterflow_migrations ${last}, `),
    });
  });

  it('refuses what a newer version has used, and what a server uses', async () => {
    const { state, file, migrate } = serverOf();
    await migrate();
    using _server = lockServerState(state);
    expect(await migrate('--check')).toMatchObject({ code: 0 });
    expect(await migrate()).toMatchObject({ code: 2, stderr: expect.stringContaining('another waterflow server') });
    const database = new DatabaseSync(file);
    database.exec("INSERT INTO waterflow_migrations VALUES (9999, 'from the future', 0)");
    database.close();
    expect(await migrate('--check')).toMatchObject({ code: 3, stderr: expect.stringContaining('newer waterflow') });
  });
});
