/** What tests of archives do: calls of the capability, and files of the workspace. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Json, JsonObject } from '../../../../schemas/index.ts';
import type { HostCall } from '../../../host-call.ts';
import type { ArchiveStore } from '../../capability.ts';
import { storeCapability } from '../../store.ts';
import { performTestCall, type TestScope } from '../../testing/call.ts';
import type { StoreScope } from '../protocol.ts';

/** Opens the archives of an owner. */
export type OpenArchives = (
  owner: StoreScope,
  powers: { readonly clock: { now(): number }; readonly signal: AbortSignal },
) => ArchiveStore;

/** What a call may be different in. */
export interface More {
  readonly archives?: string;
  readonly owner?: StoreScope;
  readonly open?: OpenArchives;
  readonly signal?: AbortSignal;
  readonly implied?: (call: HostCall) => boolean;
}

export interface ArchiveCalls {
  /** As an invocation of its own; the clock goes on with each look at it. */
  readonly call: (operation: string, args: JsonObject, more?: More) => Promise<JsonObject>;
  /** Keeps the folder `in`. */
  readonly save: (key: string, args?: JsonObject, more?: More) => Promise<JsonObject>;
  /** Puts it back into the folder `out`. */
  readonly load: (key: string, more?: More) => Promise<JsonObject>;
  readonly put: (path: string, content: string | Buffer) => void;
  readonly read: (path: string) => string;
  /** Bytes that don't get smaller. */
  readonly noise: (bytes: number) => Buffer;
}

export const ours: StoreScope = { tenant: 'default', plugin: 'test' };
/** Whoever is not {@link ours}, though some look like it. */
export const others: readonly StoreScope[] = [
  { tenant: 'other', plugin: 'test' },
  { tenant: 'default', plugin: 'other' },
  { tenant: 'default","test', plugin: '' },
];

export function archiveCalls(scope: TestScope, openArchives: OpenArchives): ArchiveCalls {
  let now = Date.now();
  const clock = { now: () => (now += 10) };
  const at = (path: string): string => join(scope.workspace, path);
  const call: ArchiveCalls['call'] = async (operation, args, more = {}) => {
    const { archives: size = '1MiB', owner = ours, open = openArchives, signal = scope.signal } = more;
    const { implied = () => true } = more;
    const answer: Json = await performTestCall(
      storeCapability,
      { layers: [[{ keys: '*', archives: size }]], operation, args, implied },
      { ...scope, signal, usage: new Map(), archives: open(owner, { clock, signal }) },
    );
    // Tests look into the answer by its keys.
    return answer as JsonObject;
  };
  return {
    call,
    save: (key, args = {}, more = {}) => call('save', { key, from: 'in', ...args }, more),
    load: (key, more = {}) => call('load', { key, to: 'out' }, more),
    put(path, content) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), content);
    },
    read: (path) => readFileSync(at(path), 'utf8'),
    noise: (bytes) => Buffer.from(scope.random.bytes(bytes)),
  };
}
