import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type AbsolutePath, type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { checkSchema } from '../documents/schema-check.ts';
import { replaceFile } from '../durable-file.ts';
import type { RegistryMemory, Seen } from './ports.ts';

const version: JsonObject = { type: 'integer', minimum: 1 };
const seenSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['root', 'timestamp', 'snapshot', 'index'],
  properties: {
    root: { type: 'string' },
    timestamp: {
      type: 'object',
      additionalProperties: false,
      required: ['version', 'sha256'],
      properties: { version, sha256: { type: 'string' } },
    },
    snapshot: version,
    index: version,
  },
};
const placeSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'location'],
  properties: { id: { type: 'string' }, location: { type: 'string' } },
};

/**
 * What was seen of registries, in a folder: a file for each registry, and one for each place. Throws STORAGE_FAILED, also where a file
 * can't be understood: without it an old registry would pass for a new one.
 */
export function folderMemory(folder: AbsolutePath): RegistryMemory {
  const seenFile = (id: string): string => join(folder, 'seen', `${fileName(id)}.json`);
  const placeFile = (location: string): string => join(folder, 'places', `${fileName(location)}.json`);
  return {
    // Both are what their schemas say.
    seen: (id) => readIfThere(seenFile(id), seenSchema) as Seen | undefined,
    at: (location) => (readIfThere(placeFile(location), placeSchema) as { readonly id: string } | undefined)?.id,
    keep: ({ id, location }, seen) => {
      write(seenFile(id), seen);
      write(placeFile(location), { id, location });
    },
  };
}

function readIfThere(file: string, schema: JsonObject): unknown {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (checkSchema(schema, value).length === 0) return value;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw failed(file, "can't be read", cause);
  }
  throw failed(file, 'is damaged');
}

function write(file: string, value: object): void {
  const text = `${JSON.stringify(value)}\n`;
  try {
    // It is the same after most commands.
    if (textOf(file) === text) return;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    replaceFile(file, text, { mode: 0o600 });
  } catch (cause) {
    throw failed(file, "can't be written", cause);
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Neither an id nor a place is safe as a name of a file. */
function fileName(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function failed(file: string, what: string, cause?: unknown): WaterflowFailure {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new WaterflowFailure(
    {
      code: 'STORAGE_FAILED',
      message: `${file}, which says what was seen of a registry, ${what}${reason}`,
      remedy: 'Correct the permissions of its folder. Remove it only if you know that the registry is current.',
      file,
    },
    { cause },
  );
}
