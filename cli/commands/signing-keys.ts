import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  createSigningKey,
  privateKeyText,
  readTrustPolicy,
  type TrustedKey,
  type TrustPolicy,
  withRevokedKey,
} from '../../runtime/trust/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openTrust } from '../composition/trust.ts';
import { exitCodes } from '../exit-codes.ts';
import { namedSigningKey } from '../install/named-signing-key.ts';
import { passphraseOf } from '../install/signing-key-file.ts';
import { makeNamedFolder, notWritten, writeWhole } from '../install/write-whole.ts';
import { renderCells } from '../report/cells.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { readNamedFile } from './policy-file.ts';

/** Makes a key that signs plugins, as NAME.key and NAME.pub, and prints its id; gives the exit code. */
export function newSigningKey(
  terminal: Terminal,
  options: {
    readonly name: string;
    readonly out: string;
    readonly role?: string;
    readonly expires?: number;
    readonly json?: boolean;
  },
): number {
  const { name } = options;
  if (options.role !== undefined || options.expires !== undefined) {
    throw usageError(
      'a key that signs plugins has no --role and no --expires',
      'Leave them out: the trust policy says until when a key counts, and for which plugins.',
    );
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name)) {
    throw usageError('--name is no name for files', 'Use letters, digits, `.`, `_`, `@` and `-`.');
  }
  const folder = resolve(terminal.cwd, options.out);
  const files = { private: join(folder, `${name}.key`), public: join(folder, `${name}.pub`) };
  const passphrase = passphraseOf(terminal);
  const key = createSigningKey();
  const { id, text } = key.publicKey;
  makeNamedFolder(folder);
  writeNew(files, { private: privateKeyText(key, passphrase), public: `${text}\n` });
  const encrypted = passphrase !== undefined;
  if (options.json === true) {
    const report = { id, name, public_key: text, key_file: files.private, public_key_file: files.public, encrypted };
    terminal.stdout.write(`${plainJson(report)}\n`);
    return exitCodes.ok;
  }
  terminal.stdout.write(`${id}\n`);
  const kept = encrypted
    ? 'encrypted by WATERFLOW_KEY_PASSPHRASE'
    : 'not encrypted: set WATERFLOW_KEY_PASSPHRASE beforehand for one that is';
  terminal.stderr.write(
    `${plainLine(`${files.private}: signs; it stays with you, ${kept}`)}\n` +
      `${plainLine(`${files.public}: for those who are to trust it, in their trust.yaml:`)}\n` +
      `  - name: ${name}\n    key: ${text}\n    plugins: ["${name.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')}-*"]\n`,
  );
  return exitCodes.ok;
}

type KeyFiles = Readonly<Record<'private' | 'public', string>>;

/** Both or none, and never in the place of a key that is there. */
function writeNew(files: KeyFiles, content: KeyFiles): void {
  for (const file of Object.values(files)) {
    if (existsSync(file))
      throw usageError(`${file} exists already`, 'Choose another --name, or another folder: --out.');
  }
  try {
    writeFileSync(files.private, content.private, { flag: 'wx', mode: 0o600 });
    try {
      writeFileSync(files.public, content.public, { flag: 'wx', mode: 0o644 });
    } catch (cause) {
      rmSync(files.private);
      throw cause;
    }
  } catch (cause) {
    const remedy = 'Name another folder: --out.';
    throw notWritten(`cannot write the key ${files.private}`, { file: files.private, cause, remedy });
  }
}

interface TrustOptions {
  readonly trust?: string;
  readonly json?: boolean;
}

/** Lists the keys of the trust policy, one JSON object a line with --json; gives the exit code. */
export function listSigningKeys(terminal: Terminal, options: TrustOptions): number {
  const trust = openTrust(terminal, options.trust);
  const known = trust.keys.map((key) => viewOf(key, trust, terminal.now()));
  const others = [...trust.revokedKeys].filter(([id]) => !trust.keys.some((key) => key.id === id));
  const views = [...known, ...others.map(([id, reason]): KeyView => ({ id, status: 'revoked', reason }))];
  if (views.length === 0) terminal.stderr.write(`${plainLine(`no keys in ${trust.file}: nobody is trusted`)}\n`);
  else if (options.json === true) for (const view of views) terminal.stdout.write(`${plainJson(view)}\n`);
  else printTable(terminal, views);
  return exitCodes.ok;
}

/** A key as it is shown. */
type KeyView = Readonly<Record<string, string | readonly string[]>>;

function viewOf({ id, name, plugins, notBefore, notAfter }: TrustedKey, trust: TrustPolicy, now: number): KeyView {
  const reason = trust.revokedKeys.get(id);
  const times = { notBefore: notBefore ?? -Infinity, notAfter: notAfter ?? Infinity };
  const inTime = now < times.notBefore ? 'not yet' : now >= times.notAfter ? 'over' : 'good';
  return {
    id,
    name,
    status: reason === undefined ? inTime : 'revoked',
    plugins,
    ...(notBefore === undefined ? {} : { not_before: new Date(notBefore).toISOString() }),
    ...(notAfter === undefined ? {} : { not_after: new Date(notAfter).toISOString() }),
    ...(reason === undefined ? {} : { reason }),
  };
}

const columns = ['id', 'name', 'status', 'plugins', 'not_before', 'not_after', 'reason'] as const;

function printTable({ stdout }: Terminal, views: readonly KeyView[]): void {
  const header = columns.map((column) => column.replaceAll('_', ' '));
  const rows = views.map((view) => columns.map((column) => plainLine([view[column] ?? ''].flat().join(' '))));
  stdout.write(`${renderCells(header, rows, createStyle(stdout)).join('\n')}\n`);
}

/** Revokes a key in the trust policy, whatever else that says; gives the exit code. */
export function revokeSigningKey(
  terminal: Terminal,
  named: string,
  options: TrustOptions & { readonly reason?: string },
): number {
  const { reason } = options;
  if (reason === undefined || reason.trim() === '') {
    throw usageError('--reason is missing', 'Say why, for those whose plugins are refused: --reason "laptop stolen".');
  }
  const trust = openTrust(terminal, options.trust);
  const id = namedSigningKey(terminal, named, trust);
  const known = trust.revokedKeys.get(id);
  if (known === undefined) {
    const text = withRevokedKey(readNamedFile(terminal, trust.file, 'the trust policy'), { id, reason });
    const read = readTrustPolicy(text, trust.file);
    if ('errors' in read) throw new WaterflowFailure(read.errors[0] ?? unreadable(trust.file));
    writeWhole(trust.file, text, { mode: statSync(trust.file).mode & 0o777 });
  }
  const name = trust.keys.find((key) => key.id === id)?.name;
  if (options.json === true) {
    const view = { id, ...(name === undefined ? {} : { name }), status: 'revoked', reason: known ?? reason };
    terminal.stdout.write(`${plainJson(view)}\n`);
    return exitCodes.ok;
  }
  const whose = name === undefined ? id : `${name} (${id})`;
  const how = known === undefined ? 'is revoked' : `was revoked already: ${known}`;
  terminal.stderr.write(`${plainLine(`the key ${whose} ${how}, in ${trust.file}`)}\n`);
  terminal.stderr.write(
    'What it signed is installed no more; what is installed still runs: `waterflow plugin audit` finds it, `waterflow plugin remove` ends it.\n',
  );
  return exitCodes.ok;
}

function unreadable(file: string): WaterflowFailure['error'] {
  return { code: 'TRUST_INVALID', message: `${file} would no longer be in order`, remedy: 'Edit it by hand.', file };
}
