import { lookup } from 'node:dns/promises';
import type { Capability } from './capability.ts';
import { withoutPrivate } from './entry-parts.ts';
import { downloadOperation } from './ssh/download.ts';
import { execOperation } from './ssh/exec.ts';
import {
  listOperation,
  mkdirOperation,
  removeOperation,
  renameOperation,
  statOperation,
} from './ssh/file-operations.ts';
import { sshOperations } from './ssh/operation.ts';
import type { SshPowers } from './ssh/powers.ts';
import {
  explainSsh,
  narrowSsh,
  parseSshEntry,
  quoteSsh,
  type SshEffective,
  type SshRule,
  sshEntrySchema,
} from './ssh/rule.ts';
import { uploadOperation } from './ssh/upload.ts';

/** Makes the capability with the powers that it reaches the network with. */
export function createSshCapability(powers: SshPowers): Capability<SshRule, SshEffective> {
  const make = sshOperations(powers);
  return {
    name: 'ssh',
    description: 'run commands and move files on other machines',
    ambient: false,
    entrySchema: sshEntrySchema,
    parse: parseSshEntry,
    quote: quoteSsh,
    requested: withoutPrivate,
    narrow: narrowSsh,
    explain: explainSsh,
    operations: {
      exec: execOperation(make),
      upload: uploadOperation(make),
      download: downloadOperation(make),
      list: listOperation(make),
      stat: statOperation(make),
      mkdir: mkdirOperation(make),
      remove: removeOperation(make),
      rename: renameOperation(make),
    },
  };
}

/** ssh with this machine's own resolver. */
export const sshCapability: Capability<SshRule, SshEffective> = createSshCapability({
  lookup: (hostname) => lookup(hostname, { all: true }),
});
