import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readSchemaDocument, type SchemaDocument } from '../../runtime/documents/schema-document.ts';
import { type Json, type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { reasonOf } from '../commands/read-file.ts';
import { failureOf } from '../failures.ts';
import type { OpenedFile } from './setting-reader.ts';

/** Much longer than any configuration that a person wrote. */
const mostBytes = 256 * 1024;

/** Who may read a file, by its mode. */
export type Readers = 'owner' | 'group' | 'everybody';

const groupReads = 0o040;
const everybodyReads = 0o004;

/** Reads a YAML file of configuration and checks it against its schema. FILE_NOT_READABLE, or INVALID_INPUT with each place. */
export function readConfigFile<Content>(
  file: string,
  schema: JsonObject,
): SchemaDocument<Content> & { readonly readers: Readers } {
  const { text, readers } = readText(file);
  // A file with nothing but comments says nothing, which is fine.
  const read = readSchemaDocument<Content>(isBlank(text) ? '{}' : text, file, {
    code: 'INVALID_INPUT',
    schema,
    check: () => [],
  });
  if ('document' in read) return { ...read, readers };
  throw failureOf(read.errors);
}

/**
 * A configuration file for the reader of settings. Of one that doesn't fit its schema what does fit, so that all that is wrong is found at
 * once. Throws where it can't be read, or is no YAML. `hasKey`: whether something stands in it that not everybody may read.
 */
export function openSettingsFile(file: string, schema: JsonObject, hasKey: (value: Json) => boolean): OpenedFile {
  const { text, readers } = readText(file);
  const kind = { code: 'INVALID_INPUT', schema, check: () => [] } as const;
  const read = readSchemaDocument(isBlank(text) ? '{}' : text, file, kind);
  const document = 'document' in read ? read.document : read.fitting;
  const misfits = 'document' in read ? [] : read.errors;
  if (document === undefined) throw failureOf(misfits);
  const open = readers === 'everybody' && hasKey(document.value) ? [openKey(file, 'group').error] : [];
  return { document, folder: dirname(file), problems: [...misfits, ...open] };
}

/** The one line of a file that holds a key. Refuses one that others may read than `mostReaders`. */
export function readKeyFile(file: string, { mostReaders }: { readonly mostReaders: 'owner' | 'group' }): string {
  const { text, readers } = readText(file);
  if (readers === 'everybody' || (readers === 'group' && mostReaders === 'owner')) throw openKey(file, mostReaders);
  const key = text.trim();
  if (/^[\u0021-\u007e]+$/u.test(key)) return key;
  throw new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `${file} holds no key: ${key === '' ? 'it is empty' : 'a key is one line of ASCII characters without spaces'}`,
    remedy: 'Write the key on one line of that file, and nothing else.',
    file,
  });
}

/** A file that holds keys. Refuses one that everybody may read. */
export function readSecretText(file: string): string {
  const { text, readers } = readText(file);
  if (readers === 'everybody') throw openKey(file, 'group');
  return text;
}

/** A file with a key that others may read. */
export function openKey(file: string, mostReaders: 'owner' | 'group'): WaterflowFailure {
  const mode = mostReaders === 'owner' ? '600' : '640';
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `${file} holds a key, and others than its ${mostReaders} may read it`,
    remedy: `Run: chmod ${mode} ${file}. If others may have read it, make a new key.`,
    file,
  });
}

function readText(file: string): { readonly text: string; readonly readers: Readers } {
  try {
    const { size, mode } = statSync(file);
    if (size > mostBytes) throw unreadable(file, `it is longer than ${mostBytes} bytes`);
    return { text: readFileSync(file, 'utf8'), readers: readersOf(mode) };
  } catch (cause) {
    if (cause instanceof WaterflowFailure) throw cause;
    // node:fs throws nothing else.
    throw unreadable(file, reasonOf(cause as NodeJS.ErrnoException));
  }
}

function readersOf(mode: number): Readers {
  if ((mode & everybodyReads) !== 0) return 'everybody';
  return (mode & groupReads) === 0 ? 'owner' : 'group';
}

function unreadable(file: string, reason: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'FILE_NOT_READABLE',
    message: `cannot read ${resolve(file)}: ${reason}`,
    remedy: 'Name a file that exists and that this user may read.',
    file,
  });
}

function isBlank(text: string): boolean {
  return text.split('\n').every((line) => /^(?:#|$)/u.test(line.trim()));
}
