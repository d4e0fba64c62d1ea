import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

/** What Temporal kept of one execution of a workflow. */
export interface RecordedHistory {
  readonly workflowId: string;
  readonly type: string;
  /** The SDK's `History`. Protobuf's own JSON isn't read by the SDK (1.24), where there are several protobufjs. */
  readonly history: unknown;
}

/** The names of what was recorded. */
export function recordings(): readonly string[] {
  return readdirSync(fileURLToPath(new URL('.', import.meta.url)))
    .filter((file) => file.endsWith('.json.br'))
    .map((file) => file.replace('.json.br', ''));
}

/** The histories of everything that a recorded scenario had executed. */
export function recordedIn(name: string): readonly RecordedHistory[] {
  const text = brotliDecompressSync(readFileSync(new URL(`./${name}.json.br`, import.meta.url))).toString();
  return readHistories(text);
}

/** Bytes are texts with this in front, in base64. */
const bytesMark = 'bytes:';

/** Histories as JSON, without who carried them out and where its sources were. */
export function writeHistories(histories: readonly RecordedHistory[]): string {
  // Without the classes of protobuf, which would turn it into JSON of theirs.
  return JSON.stringify(structuredClone(histories), (key, value: unknown) => {
    if (key === 'identity' || key === 'stackTrace') return '';
    return value instanceof Uint8Array ? `${bytesMark}${Buffer.from(value).toString('base64')}` : value;
  });
}

/** Reads what {@link writeHistories} wrote. */
export function readHistories(text: string): readonly RecordedHistory[] {
  const read: unknown = JSON.parse(text, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(bytesMark)
      ? Buffer.from(value.slice(bytesMark.length), 'base64')
      : value,
  );
  // writeHistories wrote it.
  return read as RecordedHistory[];
}
