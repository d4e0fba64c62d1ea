import { errorGuide, type WaterflowError } from '../../schemas/index.ts';

/** What is known of a failure beside its error. */
interface Circumstances {
  readonly error: WaterflowError;
  /** Those that its step has had. */
  readonly attempts: number;
  /** A script that ended with an exit code. */
  readonly hasExited: boolean;
  /** The step wrote something. */
  readonly hasLog: boolean;
}

/** What to do about a failure, the most specific first: never what was done already, or where nothing is. */
export function fixesFor({ error, attempts, hasExited, hasLog }: Circumstances): readonly string[] {
  // Each refused call is told with who refused it, and the command that explains it stands among those to give next.
  if (error.code === 'DENIED') return [error.remedy];
  if (error.code !== 'STEP_FAILED') return [...new Set([error.remedy, errorGuide[error.code].remedy])];
  const nothing = 'It wrote nothing: look at what the step gives it, under `with` and `env`.';
  // Of a script the error itself leads to the log.
  const look = hasLog ? (hasExited ? [] : ['Read the last lines of its log.']) : [nothing];
  const again =
    attempts > 1
      ? `It failed in each of ${attempts} attempts, so trying again alone won't help: put right what it complains of, or have \`retry\` wait longer if that passes by itself.`
      : 'Where it fails only now and then, give the step a `retry`; where it may fail, `continue-on-error`.';
  return [...new Set([error.remedy, ...look, again])];
}
