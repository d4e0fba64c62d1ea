import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readTrustPolicy, type TrustPolicy } from '../../runtime/trust/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { reasonOf } from '../commands/read-file.ts';
import type { Terminal } from '../terminal.ts';

const machineFile = '/etc/waterflow/trust.yaml';

/**
 * Whose signatures count: `--trust`, else WATERFLOW_TRUST, else the machine's. Without any, nobody's do. Throws FILE_NOT_READABLE,
 * TRUST_INVALID.
 */
export function openTrust({ cwd, env }: Pick<Terminal, 'cwd' | 'env'>, flag: string | undefined): TrustPolicy {
  const named = flag ?? env['WATERFLOW_TRUST'];
  if (named === undefined && !existsSync(machineFile)) return nobody;
  const file = resolve(cwd, named ?? machineFile);
  const read = readTrustPolicy(textOf(file), file);
  if ('trust' in read) return read.trust;
  const [first] = read.errors;
  throw new WaterflowFailure(first ?? { code: 'TRUST_INVALID', message: file, remedy: 'Correct the file.', file });
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
