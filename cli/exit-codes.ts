import { errorKinds, type WaterflowError } from '../schemas/index.ts';

/** The command's exit codes; scripts rely on them. */
export const exitCodes = {
  ok: 0,
  /** The run or the check failed. */
  failed: 1,
  /** Wrong usage, or an input that is invalid. */
  usage: 2,
  /** The machinery broke: storage, confinement, a bug. */
  machinery: 3,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** The code with which a command ends for this error. */
export function exitCodeFor(error: WaterflowError): number {
  const kind = errorKinds[error.code];
  if (kind === 'machinery') return exitCodes.machinery;
  return kind === 'input' ? exitCodes.usage : exitCodes.failed;
}
