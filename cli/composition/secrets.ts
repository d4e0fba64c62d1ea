import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  openSecretBroker,
  type ProvidedSecrets,
  readSecretsDocument,
  type SecretBroker,
  type SecretPowers,
  type SecretsDocument,
} from '../../agent/secrets/index.ts';
import type { ReportedSecret } from '../../agent/worker/protocol.ts';
import { systemClock } from '../../engine/embedded/api.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { readNamedFile } from '../commands/policy-file.ts';
import { failureOf } from '../failures.ts';
import type { Terminal } from '../terminal.ts';

type Place = Pick<Terminal, 'env' | 'cwd'>;

/** Who is told of what providers do. Lines of it hold no value. */
export interface SecretsLog {
  readonly info: (message: string, about: JsonObject) => unknown;
  readonly warn: (message: string, about: JsonObject) => unknown;
}

/** Reads the file that says where an agent has its secrets from, where there is one; throws all that is wrong with it. */
export function readSecrets(terminal: Place, file: string | undefined): SecretsDocument | undefined {
  if (file === undefined) return undefined;
  const read = readSecretsDocument(readNamedFile(terminal, file, 'the secrets file'), resolve(terminal.cwd, file));
  if ('document' in read) return read.document;
  throw failureOf(read.errors);
}

/** Secrets of an agent that may be read again while it runs. */
export interface HeldSecrets extends AsyncDisposable {
  /** Of a tenant's runs, as the file says at the time. */
  readonly of: (tenant: string) => ProvidedSecrets;
  /** Names alone, and whose they are: whoever takes workflows then doesn't refuse those that need them. */
  readonly reported: () => readonly ReportedSecret[];
  /** Reads the file again, or another one. Throws what is wrong with it; then nothing is changed. */
  readonly renewal: (file: string | undefined) => {
    /** Has it hold from now on; says whether it is another one. */
    readonly take: () => boolean;
  };
}

/** Opens them. What a step waits for when the file is read again is still given by what was there before. */
export function holdSecrets(terminal: Terminal, first: string | undefined, log: SecretsLog): HeldSecrets {
  let document = readSecrets(terminal, first);
  const open = (): SecretBroker | undefined =>
    document === undefined ? undefined : openSecrets(terminal, document, log);
  let broker = open();
  const retiring = new Set<Promise<void>>();
  return {
    of: (tenant) => ({
      get names() {
        return broker?.of(tenant).names ?? [];
      },
      resolve: async (name, signal) => await (broker?.of(tenant) ?? noSecrets).resolve(name, signal),
    }),
    reported: () =>
      [...(document?.secrets ?? [])].map(([name, { tenants }]) => ({
        name,
        ...(tenants === undefined ? {} : { tenants }),
      })),
    renewal: (file) => {
      const next = readSecrets(terminal, file);
      return {
        take: () => {
          if (isDeepStrictEqual(next, document)) return false;
          const before = broker?.retire();
          if (before !== undefined) retiring.add(before.finally(() => retiring.delete(before)));
          document = next;
          broker = open();
          return true;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await broker?.[Symbol.asyncDispose]();
      await Promise.allSettled(retiring);
    },
  };
}

const noSecrets: Pick<ProvidedSecrets, 'resolve'> = {
  resolve: async (name) => ({
    error: {
      code: 'SECRET_MISSING',
      message: `the secrets file of the agent names the secret ${name} no more`,
      remedy: 'Give it to the run, or name it there.',
    },
  }),
};

/** The providers of such a file. Nothing is read before a step needs it. */
export function openSecrets(terminal: Terminal, document: SecretsDocument, log: SecretsLog | undefined): SecretBroker {
  return openSecretBroker(document, secretPowers(terminal, log));
}

/** The providers of the agent in a command that runs workflows itself, where WATERFLOW_SECRETS_FILE names a file. */
export function localSecrets(terminal: Terminal): SecretBroker | undefined {
  const file = terminal.env['WATERFLOW_SECRETS_FILE'];
  const document = readSecrets(terminal, file === '' ? undefined : file);
  return document === undefined ? undefined : openSecrets(terminal, document, undefined);
}

function secretPowers(terminal: Terminal, log: SecretsLog | undefined): SecretPowers {
  return {
    clock: systemClock,
    sleep: async (milliseconds, signal) => {
      await sleep(milliseconds, undefined, { signal });
    },
    later: (milliseconds, act) => {
      const timer = setTimeout(act, milliseconds).unref();
      return { [Symbol.dispose]: () => clearTimeout(timer) };
    },
    chance: Math.random,
    env: terminal.env,
    // `name`, since the log masks what is called a secret.
    told: ({ secret, provider, path, version, problem }) => {
      const about = { name: secret, provider, path, ...(version === undefined ? {} : { version }) };
      if (problem === undefined) log?.info('a provider gave a secret', about);
      else log?.warn('a provider did not give a secret', { ...about, why: problem.kind, reason: problem.reason });
    },
    warned: (message, about) => void log?.warn(message, about),
  };
}
