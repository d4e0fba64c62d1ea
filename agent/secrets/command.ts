import { spawn } from 'node:child_process';
import { isJsonObject, type Json } from '../../schemas/index.ts';
import type { ProviderAnswer, ProviderProblem, SecretPlace, SecretPowers, SecretProvider } from './api.ts';
import type { CommandSettings } from './document.ts';

/** More than any secret is long. */
const mostBytes = 256 * 1024;

/** What a program says by its exit code, as sysexits.h has them. Anything else may be over soon. */
const meanings: Readonly<Record<number, ProviderProblem>> = {
  66: { kind: 'missing', reason: 'its program says that there is no such secret (exit code 66)' },
  77: { kind: 'denied', reason: 'its program says that the agent may not have it (exit code 77)' },
};

/** A program that prints a secret: started anew for each, without a shell, killed with all that it started when its time is over. */
export function commandProvider(settings: CommandSettings, { env }: Pick<SecretPowers, 'env'>): SecretProvider {
  return {
    read: async (place, signal) => {
      const ended = await runProgram(settings, { place, env, signal });
      return 'problem' in ended ? ended : contentOf(ended.output, settings.output);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

interface Asked {
  readonly place: SecretPlace;
  readonly env: SecretPowers['env'];
  readonly signal: AbortSignal;
}

type Ended = { readonly output: Buffer } | { readonly problem: ProviderProblem };

async function runProgram(settings: CommandSettings, { place, env, signal }: Asked): Promise<Ended> {
  const { command, environment, timeoutMs } = settings;
  const [program, ...args] = command;
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const chunks: Buffer[] = [];
  let size = 0;
  const child = spawn(
    program,
    args.map((text) => filled(text, place)),
    {
      cwd: '/',
      env: Object.fromEntries(
        ['PATH', ...environment].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
      ),
      // What it writes to stderr may hold a secret, and nothing here could know it.
      stdio: ['ignore', 'pipe', 'ignore'],
      // A group of its own, which is killed as one.
      detached: true,
    },
  );
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  const end = (ended: Ended): void => {
    kill();
    resolve(ended);
  };
  const over = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const stopped = (): void =>
    end(
      unreachable(signal.aborted ? 'it was not waited for any longer' : `its program took longer than ${timeoutMs} ms`),
    );
  over.addEventListener('abort', stopped, { once: true });
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > mostBytes) end(invalid(`its program prints more than ${mostBytes / 1024} KiB`));
    else chunks.push(chunk);
  });
  child.on('error', (cause: NodeJS.ErrnoException) =>
    end(unreachable(`its program can't be started (${cause.code ?? 'unknown error'})`)),
  );
  child.on('close', (code, killedBy) => {
    if (code === 0) end({ output: Buffer.concat(chunks) });
    else end(endedWith(code, killedBy));
  });
  if (over.aborted) stopped();
  try {
    return await promise;
  } finally {
    over.removeEventListener('abort', stopped);
  }
}

function filled(text: string, { path, name }: SecretPlace): string {
  return text.replace(/\{(path|name)\}/gu, (_, hole) => (hole === 'path' ? path : name));
}

function endedWith(code: number | null, killedBy: string | null): Ended {
  const meaning = code === null ? undefined : meanings[code];
  if (meaning !== undefined) return { problem: meaning };
  return unreachable(`its program ended with ${code === null ? (killedBy ?? 'a signal') : `exit code ${code}`}`);
}

function contentOf(output: Buffer, form: CommandSettings['output']): ProviderAnswer {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(output);
  } catch {
    return invalid('what its program prints is no UTF-8 text');
  }
  if (form === 'raw') return { text: text.replace(/\r?\n$/u, '') };
  try {
    // JSON.parse gives nothing but JSON values.
    const fields = JSON.parse(text) as Json;
    return isJsonObject(fields) ? { fields } : invalid('what its program prints is no object of JSON');
  } catch {
    return invalid('what its program prints is no JSON');
  }
}

function unreachable(reason: string): { readonly problem: ProviderProblem } {
  return { problem: { kind: 'unreachable', reason } };
}

function invalid(reason: string): { readonly problem: ProviderProblem } {
  return { problem: { kind: 'invalid', reason } };
}
