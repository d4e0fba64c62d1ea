import type { Capability } from './capability.ts';
import { packOperation } from './fs/archive/pack.ts';
import { unpackOperation } from './fs/archive/unpack.ts';
import { globOperation, hashOperation, listOperation, readOperation, statOperation } from './fs/read-operations.ts';
import {
  explainFsRule,
  type FsEffective,
  type FsRule,
  fsEntrySchema,
  narrowFsRules,
  parseFsEntry,
  quoteFsText,
} from './fs/rules.ts';
import {
  copyOperation,
  mkdirOperation,
  moveOperation,
  removeOperation,
  writeOperation,
} from './fs/write-operations.ts';

/** Files of the job's workspace, and nothing else. */
export const fsCapability: Capability<FsRule, FsEffective> = {
  name: 'fs',
  description: 'read and write files of the workspace',
  ambient: false,
  entrySchema: fsEntrySchema,
  parse: parseFsEntry,
  quote: quoteFsText,
  narrow: narrowFsRules,
  explain: explainFsRule,
  operations: {
    read: readOperation,
    write: writeOperation,
    list: listOperation,
    stat: statOperation,
    mkdir: mkdirOperation,
    remove: removeOperation,
    copy: copyOperation,
    move: moveOperation,
    hash: hashOperation,
    glob: globOperation,
    pack: packOperation,
    unpack: unpackOperation,
  },
};
