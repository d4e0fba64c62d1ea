import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../../../schemas/index.ts';
import { callUnder, testGrant } from '../../../grants/testing/grant.ts';
import type { TestScope } from '../../testing/call.ts';
import type { TestEntry } from './tar.ts';

const everything = [{ read: '**', write: '**' }];

/** Calls fs.unpack of `a.tar`, which holds these bytes, under these entries of fs. */
export function unpack(
  scope: TestScope,
  archive: Buffer,
  args: JsonObject = {},
  fs: JsonObject[] = everything,
): Promise<Json> {
  writeFileSync(join(scope.workspace, 'a.tar'), archive);
  return callUnder(testGrant({ manifest: { fs } }), 'fs.unpack', {
    args: { from: 'a.tar', to: 'out', ...args },
    scope,
  });
}

/** A path of the workspace. */
export const at = (scope: TestScope, path: string): string => join(scope.workspace, path);
/** The content of a file of the workspace. */
export const textOf = (scope: TestScope, path: string): string => readFileSync(at(scope, path), 'utf8');

/** What lies in the workspace; of a refused archive only the archive: not the target, not a half of it under another name. */
export const left = (scope: TestScope): readonly string[] => readdirSync(scope.workspace).sort();

/** Makes the header at the beginning of these bytes one that a reader takes for whole. */
export function writeChecksum(bytes: Buffer): void {
  const sum = bytes
    .subarray(0, 512)
    .reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}

/** An archive as people make them. */
export const usual: readonly TestEntry[] = [
  { name: 'top/', type: 'directory' },
  { name: 'top/a.txt', content: 'a' },
  { name: 'top/bin/run', content: '#!/bin/sh', mode: 0o6755 },
  { name: 'top/bin/latest', type: 'symlink', linkname: 'run' },
  { name: 'top/again', type: 'link', linkname: 'top/a.txt' },
];
