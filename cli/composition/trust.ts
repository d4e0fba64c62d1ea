import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readTrustPolicy, type TrustPolicy } from '../../runtime/trust/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { reasonOf } from '../commands/read-file.ts';
import type { Terminal } from '../terminal.ts';
import { mayBeThere } from './may-be-there.ts';

const machineFile = '/etc/waterflow/trust.yaml';

/**
 * Whose signatures count: `--trust`, else WATERFLOW_TRUST, else the machine's. Without any, nobody's do. Throws FILE_NOT_READABLE,
 * TRUST_INVALID.
 */
export function openTrust(terminal: Pick<Terminal, 'cwd' | 'env'>, flag: string | undefined): TrustPolicy {
  const file = trustFileOf(terminal, flag);
  const isNamed = (flag ?? terminal.env['WATERFLOW_TRUST']) !== undefined;
  if (!isNamed && !mayBeThere(file)) return nobody;
  const read = readTrustPolicy(textOf(file), file);
  if ('trust' in read) return read.trust;
  const [first] = read.errors;
  throw new WaterflowFailure(first ?? { code: 'TRUST_INVALID', message: file, remedy: 'Correct the file.', file });
}

/** Where the trust policy is, or would be. */
export function trustFileOf({ cwd, env }: Pick<Terminal, 'cwd' | 'env'>, flag: string | undefined): string {
  return resolve(cwd, flag ?? env['WATERFLOW_TRUST'] ?? machineFile);
}

const nobody: TrustPolicy = {
  file: machineFile,
  keys: [],
  thresholds: [],
  revokedKeys: new Map(),
  revokedPackages: new Map(),
};

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    // node:fs throws nothing else.
    const message = `cannot read ${file}: ${reasonOf(cause as NodeJS.ErrnoException)}`;
    const remedy = 'Name the trust policy: --trust FILE, or WATERFLOW_TRUST.';
    throw new WaterflowFailure({ code: 'FILE_NOT_READABLE', message, remedy, file }, { cause });
  }
}
