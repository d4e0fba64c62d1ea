import { readFileSync, statSync } from 'node:fs';
import { type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import type { Policy } from './api.ts';
import { readPolicy } from './read.ts';

/** Where a machine's own policy lies, if it has one. */
const systemPolicyFile = '/etc/waterflow/policy.yaml';

const maxBytes = 1024 ** 2;

/** Who may name a policy, in this order: the command line, the environment, the machine, the one that is shipped. */
export interface PolicyChoice {
  /** `--policy`. */
  readonly flag?: string;
  /** WATERFLOW_POLICY. An empty one counts as absent. */
  readonly environment?: string;
  readonly system?: string;
  readonly shipped: string;
}

/** The file to read. One that was named is never passed over, whether it is there or not. */
export function choosePolicyFile(choice: PolicyChoice, exists: (file: string) => boolean): string {
  if (choice.flag !== undefined) return choice.flag;
  if (choice.environment !== undefined && choice.environment !== '') return choice.environment;
  const system = choice.system ?? systemPolicyFile;
  return exists(system) ? system : choice.shipped;
}

/** Reads a policy file; throws WaterflowFailure FILE_NOT_READABLE or, with the first problem, POLICY_INVALID. */
export function loadPolicy(file: string): Policy {
  const read = readPolicy(readText(file), file);
  if ('policy' in read) return read.policy;
  const [first, ...others] = read.errors;
  if (first === undefined) throw new TypeError('a policy was refused without a reason');
  const more = others.length === 0 ? '' : ` (and ${others.length} more problems in this file)`;
  throw new WaterflowFailure({ ...first, message: `${first.message}${more}` });
}

function readText(file: string): string {
  try {
    if (statSync(file).size > maxBytes) {
      throw new WaterflowFailure({ ...unreadable(file), message: `${file} is longer than ${maxBytes} bytes` });
    }
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof WaterflowFailure) throw cause;
    throw new WaterflowFailure(unreadable(file), { cause });
  }
}

function unreadable(file: string): WaterflowError {
  return {
    code: 'FILE_NOT_READABLE',
    message: `the policy ${file} can't be read`,
    remedy: 'Check the path and its permissions. Without a policy nothing runs.',
    file,
  };
}
