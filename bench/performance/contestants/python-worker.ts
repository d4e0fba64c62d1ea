import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';

/** A script in Python that stays, and carries out runs in its own process: a request a line, an answer a line. */
export interface PythonWorker extends AsyncDisposable {
  readonly pid: number;
  /** So many tasks in a row, each with this command, or with nothing to do: the time in ms, as the script takes it. */
  readonly inARow: (count: number, command?: string) => Promise<number>;
  /** So many at once. */
  readonly atOnce: (count: number, command: string) => Promise<number>;
  /** One task whose lines are kept. */
  readonly logged: (command: string) => Promise<number>;
}

/** Starts one; resolves when it takes requests. */
export async function startPythonWorker(
  argv: readonly string[],
  options: { readonly python: string; readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<PythonWorker> {
  const { python, cwd, env } = options;
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', python, ...argv], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  const ended = exited.then(() => Promise.reject(new Error(`${argv[0]} has ended`)));
  ended.catch(() => {});
  const lines = createInterface({ input: child.stdout });
  const answers = lines[Symbol.asyncIterator]();
  /** The next line that is one of ours: what a library prints beside them isn't. */
  const next = async (isAnswer: (line: string) => boolean): Promise<string> => {
    for (;;) {
      const { value, done } = await Promise.race([answers.next(), ended]);
      if (done === true) throw new Error(`${argv[0]} has ended`);
      if (isAnswer(value)) return value;
    }
  };
  await next((line) => line === 'ready');
  const ask = async (request: object): Promise<number> => {
    child.stdin.write(`${JSON.stringify({ at_once: false, processors: availableParallelism(), ...request })}\n`);
    const line = await next((text) => text.startsWith('{'));
    const answer = JSON.parse(line) as { readonly ms?: number; readonly error?: string }; // As our scripts write it.
    if (answer.ms === undefined) throw new Error(answer.error ?? 'no time came back');
    return answer.ms;
  };
  return {
    pid: child.pid ?? 0,
    inARow: (count, command = '') => ask({ count, command }),
    atOnce: (count, command) => ask({ count, command, at_once: true }),
    logged: (command) => ask({ count: 1, command, logged: true }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
