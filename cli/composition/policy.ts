import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { choosePolicyFile, loadPolicy, type Policy, readPolicy } from '../../runtime/policy/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { failureOf } from '../failures.ts';
import { packageRoot } from '../package-root.ts';
import type { Terminal } from '../terminal.ts';
import { mayBeThere } from './may-be-there.ts';

/** The policy that holds: `--policy`, else WATERFLOW_POLICY, else the machine's, else the shipped default. */
export function openPolicy(terminal: Pick<Terminal, 'env' | 'cwd'>, flag: string | undefined): Policy {
  return loadPolicy(policyFileOf(terminal, flag));
}

/** Throws all that is wrong with the policy that holds, each with its place, where `openPolicy` throws the first problem. */
export function checkPolicy(terminal: Pick<Terminal, 'env' | 'cwd'>, flag: string | undefined): void {
  const file = policyFileOf(terminal, flag);
  try {
    loadPolicy(file);
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure && cause.error.code === 'POLICY_INVALID')) throw cause;
    const read = readPolicy(readFileSync(file, 'utf8'), file);
    throw 'errors' in read ? failureOf(read.errors) : cause;
  }
}

/** A policy that holds until it is read again. */
export interface HeldPolicy {
  readonly current: () => Policy;
  /** Reads the file that `flag` names, or the usual one. Throws WaterflowFailure for one that can't hold here; then nothing is changed. */
  readonly renewal: (flag: string | undefined) => Promise<PolicyRenewal>;
}

/** A policy that was read and could hold. */
export interface PolicyRenewal {
  /** Has it hold from now on; says whether it is another one. */
  readonly take: () => boolean;
}

/** Opens the policy. `check` throws where this machine can't do what one requires. */
export function holdPolicy(
  terminal: Pick<Terminal, 'env' | 'cwd'>,
  first: Policy,
  check: (policy: Policy) => Promise<void>,
): HeldPolicy {
  let current = first;
  return {
    current: () => current,
    renewal: async (flag) => {
      checkPolicy(terminal, flag);
      const next = openPolicy(terminal, flag);
      await check(next);
      return {
        take: () => {
          const before = JSON.stringify([current.file, current.content]);
          current = next;
          return before !== JSON.stringify([next.file, next.content]);
        },
      };
    },
  };
}

/** The file of the policy that holds, by the same order. */
export function policyFileOf(terminal: Pick<Terminal, 'env' | 'cwd'>, flag: string | undefined): string {
  const environment = terminal.env['WATERFLOW_POLICY'];
  return choosePolicyFile(
    {
      ...(flag === undefined ? {} : { flag: resolve(terminal.cwd, flag) }),
      ...(environment === undefined ? {} : { environment }),
      shipped: join(packageRoot(import.meta.url), 'policies', 'default.yaml'),
    },
    mayBeThere,
  );
}
