import { join } from 'node:path';
import { type EraseTypes, eraseTypes } from '../../runtime/typescript/erase-types.ts';
import { rememberErased } from '../../runtime/typescript/remembered.ts';
import type { Terminal } from '../terminal.ts';

/** How TypeScript becomes JavaScript in this process: what was erased before is remembered, where there is a place for it. */
export function erasureFor({ cache }: Terminal): EraseTypes {
  return cache === undefined ? eraseTypes : rememberErased(join(cache, 'erased'), eraseTypes);
}
