import { type Json, type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { createKeyHasher } from '../../server/auth/key-hash.ts';
import { readKeyText } from '../../server/auth/key-text.ts';
import { keyView } from '../../server/auth/key-view.ts';
import { isKeyName, issueKey, type KeyTools, revokeKey, rotateKey } from '../../server/auth/keys.ts';
import { allTenants, isTenantName } from '../../server/auth/tenant.ts';
import { openRecords } from '../../storage/records/index.ts';
import type { KeyRow } from '../../storage/records/port.ts';
import { usageError } from '../command.ts';
import { readServerSettings } from '../composition/server-config.ts';
import { recordsPlace } from '../composition/server-records.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderCells } from '../report/cells.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** Whose keys: those of the server that is configured on this machine, whether it runs or not. */
export interface KeysOptions {
  readonly config?: string;
  readonly state?: string;
  readonly json?: boolean;
}

/** Makes a key, and prints it on stdout: the one time that it is shown. Gives the exit code. */
export async function newKey(
  terminal: Terminal,
  options: KeysOptions & {
    readonly name: string;
    readonly role?: KeyRow['role'];
    readonly tenant: string;
    /** Milliseconds. */
    readonly expires?: number;
  },
): Promise<number> {
  const { name, role, tenant, expires } = options;
  if (role === undefined) {
    throw usageError(
      '--role is missing',
      'Say what the key may do, --role operator; or --signing for one that signs plugins.',
    );
  }
  if (!isKeyName(name))
    throw usageError('--name is no name of 1 to 100 characters that can be shown', 'Write --name ci.');
  if (tenant !== allTenants && !isTenantName(tenant)) {
    throw usageError(
      '--tenant is no name of a tenant',
      'Use letters, digits, `.`, `_` and `-`; or `*` for all tenants.',
    );
  }
  return await withKeys(terminal, options, async (tools) => {
    const issued = await issueKey(
      { name, role, tenant, ...(expires === undefined ? {} : { lifetimeMs: expires }) },
      tools,
    );
    printIssued(terminal, options, issued);
  });
}

/** Lists keys, the oldest first, one JSON object a line with --json; gives the exit code. */
export async function listKeys(
  terminal: Terminal,
  options: KeysOptions & { readonly tenant?: string },
): Promise<number> {
  return await withKeys(terminal, options, async ({ keys, now, place }) => {
    const views = (await keys.list(options.tenant)).map((row) => keyView(row, now()));
    if (views.length === 0) {
      const whose = options.tenant === undefined ? '' : ` of the tenant ${options.tenant}`;
      terminal.stderr.write(`${plainLine(`no API keys${whose} in ${place}`)}\n`);
    } else if (options.json === true) for (const view of views) terminal.stdout.write(`${plainJson(view)}\n`);
    else printTable(terminal, views);
  });
}

/** Ends a key at once; gives the exit code. */
export async function endKey(terminal: Terminal, key: string, options: KeysOptions): Promise<number> {
  return await withKeys(terminal, options, async (tools) => {
    const revoked = await revokeKey(await keyNamed(key, tools), tools);
    if (options.json === true) terminal.stdout.write(`${plainJson(keyView(revoked, tools.now()))}\n`);
    else terminal.stderr.write(`the key ${plainLine(revoked.name)} (wf_${revoked.prefix}_…) is revoked\n`);
  });
}

/** Makes a new key in place of one, and prints it; gives the exit code. */
export async function replaceKey(
  terminal: Terminal,
  key: string,
  options: KeysOptions & { readonly grace: number; readonly expires?: number },
): Promise<number> {
  return await withKeys(terminal, options, async (tools) => {
    const { grace: graceMs, expires: lifetimeMs } = options;
    const { old, ...issued } = await rotateKey(await keyNamed(key, tools), { graceMs, lifetimeMs }, tools);
    printIssued(terminal, options, issued);
    if (options.json === true || old.expires_at === undefined) return;
    terminal.stderr.write(`the old key wf_${old.prefix}_… works until ${new Date(old.expires_at).toISOString()}\n`);
  });
}

async function withKeys(
  terminal: Terminal,
  options: KeysOptions,
  work: (tools: KeyTools & { readonly place: string }) => Promise<void>,
): Promise<number> {
  const flags = {
    ...(options.config === undefined ? {} : { config: options.config }),
    ...(options.state === undefined ? {} : { state: options.state }),
  };
  const { config } = readServerSettings(terminal, flags, { only: 'records' });
  const at = recordsPlace(config);
  await using records = await openRecords(at, { now: terminal.now });
  // A database's URL may hold a password.
  const place = 'file' in at ? at.file : 'the database that is configured';
  await work({ keys: records.keys, hasher: createKeyHasher(), now: terminal.now, place });
  return exitCodes.ok;
}

/** A key by its id, by what it begins with, or by itself where it has leaked. */
async function keyNamed(text: string, { keys }: KeyTools): Promise<KeyRow> {
  const prefix = readKeyText(text)?.prefix ?? /^wf_([0-9A-Za-z]{8})(?:_…?)?$/u.exec(text)?.[1];
  const found = (await keys.list()).filter((row) => (prefix === undefined ? row.id === text : row.prefix === prefix));
  const [row, ...others] = found;
  if (row !== undefined && others.length === 0) return row;
  throw new WaterflowFailure({
    code: row === undefined ? 'NOT_FOUND' : 'CONFLICT',
    message: row === undefined ? 'there is no such API key' : 'several API keys begin like this',
    remedy: 'Give the id of the key, as `waterflow keys list` shows it.',
  });
}

function printIssued(
  { stdout, stderr, now }: Terminal,
  { json }: Pick<KeysOptions, 'json'>,
  { row, text }: { readonly row: KeyRow; readonly text: string },
): void {
  if (json === true) {
    stdout.write(`${plainJson({ ...keyView(row, now()), key: text })}\n`);
    return;
  }
  const end = row.expires_at === undefined ? 'until it is revoked' : `until ${new Date(row.expires_at).toISOString()}`;
  stderr.write(
    `${row.id}: role ${row.role}, tenant ${row.tenant}, good ${end}; this is the only time that the key is shown\n`,
  );
  stdout.write(`${text}\n`);
}

const columns = ['id', 'prefix', 'name', 'tenant_id', 'role', 'status', 'expires_at', 'last_used_at'] as const;

function printTable({ stdout }: Terminal, views: readonly JsonObject[]): void {
  const header = columns.map((column) => column.replace(/_(?:id|at)$/u, '').replaceAll('_', ' '));
  const rows = views.map((view) => columns.map((column) => plainLine(textOf(view[column]))));
  stdout.write(`${renderCells(header, rows, createStyle(stdout)).join('\n')}\n`);
}

/** What there is of a key is text. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
