import type { Host } from 'waterflow/plugin';
import type { GitSurroundings } from './configuration.ts';

/** Before every command's own arguments. Settings given here win over those that a repository's own file could hold. */
const gitFlags = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'protocol.ext.allow=never'];

/** A command of git that failed. */
export class GitFailure extends Error {
  override readonly name = 'GitFailure';
  /** Its own messages, where they were kept. */
  readonly says: string;

  constructor(message: string, says: string) {
    super(message);
    this.says = says;
  }
}

/** What a command may get beside its arguments. */
interface More {
  readonly stdin?: string;
  /** Of what it prints, at most. */
  readonly max_bytes?: number;
  /** Where it fails, the error has its messages too. The log gets them at the end then. */
  readonly keepsErrors?: boolean;
}

/** git in one folder. */
export interface Git {
  /** Fails the step where git fails. */
  run(args: readonly string[], more?: More): Promise<void>;
  capture(args: readonly string[], more?: More): Promise<string>;
  succeeds(args: readonly string[]): Promise<boolean>;
}

/** Makes it. What git prints goes to the log, but for what is captured. */
export function createGit(host: Host, cwd: string, surroundings: GitSurroundings): Git {
  const execute = (args: readonly string[], stdout: 'log' | 'capture', { keepsErrors = false, ...more }: More = {}) =>
    host.exec.run({
      command: 'git',
      args: [...gitFlags, ...args],
      cwd,
      stdout,
      stderr: keepsErrors ? 'capture' : 'log',
      ...surroundings,
      ...more,
    });
  const required = async (args: readonly string[], stdout: 'log' | 'capture', more?: More): Promise<string> => {
    const result = await execute(args, stdout, more);
    const says = result.stderr ?? '';
    if (says !== '') host.log(says);
    if (result.exit_code !== 0) {
      throw new GitFailure(
        `git ${args[0]} failed with exit code ${result.exit_code}; its messages are in the log`,
        says,
      );
    }
    return result.stdout ?? '';
  };
  return {
    run: async (args, more) => void (await required(args, 'log', more)),
    capture: (args, more) => required(args, 'capture', more),
    succeeds: async (args) => (await execute(args, 'log')).exit_code === 0,
  };
}
