import { assertNever, isJsonObject, type WaterflowError } from '../../schemas/index.ts';
import { checkSecrets } from '../redaction/index.ts';
import type {
  ProvidedSecret,
  ProvidedSecrets,
  ProviderAnswer,
  ProviderProblem,
  SecretPowers,
  SecretProvider,
} from './api.ts';
import { commandProvider } from './command.ts';
import type { ProviderSettings, SecretSettings, SecretsDocument } from './document.ts';
import { environmentProvider } from './environment.ts';
import { filesProvider } from './files.ts';

/** The secrets of an agent's providers. Disposing of it forgets all values, and ends what providers hold elsewhere. */
export interface SecretBroker extends AsyncDisposable {
  /** Whoever's runs they are for. */
  readonly all: ProvidedSecrets;
  /** Those that a tenant's runs have. */
  of(tenant: string): ProvidedSecrets;
  /** Disposes of it once whatever is being asked has its answer. */
  retire(): Promise<void>;
}

type Resolved = Awaited<ReturnType<ProvidedSecrets['resolve']>>;

/** Makes the providers of a document. Nothing is read before a secret is asked for. */
export function openSecretBroker(document: SecretsDocument, powers: SecretPowers): SecretBroker {
  const uid = process.getuid?.();
  const providers = new Map(
    [...document.providers].map(([name, settings]) => [name, openProvider(settings, powers, { name, uid })]),
  );
  const cache = new AnswerCache(document.cacheMs, powers);
  const closing = new AbortController();

  const answerFor = (name: string, { provider, path, version }: SecretSettings): Promise<ProviderAnswer> => {
    const source = providers.get(provider);
    if (source === undefined) throw new TypeError(`the document was checked, and lacks the provider ${provider}`);
    const place = { name, path, ...(version === undefined ? {} : { version }) };
    // A program may be asked by the secret's name.
    const key = JSON.stringify([provider, path, version ?? null, isProgram(document, provider) ? name : null]);
    return cache.get(key, () => source.read(place, closing.signal));
  };

  const resolve = async (name: string, settings: SecretSettings, signal: AbortSignal): Promise<Resolved> => {
    const answer = signal.aborted ? stepIsOver : await unlessAborted(answerFor(name, settings), signal);
    const found = 'problem' in answer ? answer : valueIn(answer, { name, settings });
    const { provider, path } = settings;
    const version = 'version' in answer && answer.version !== undefined ? { version: answer.version } : {};
    powers.told({ secret: name, provider, path, ...version, ...('problem' in found ? found : {}) });
    if ('problem' in found) return { error: errorOf(name, provider, found.problem) };
    const ok: ProvidedSecret = { value: found.value, provider, ...version };
    return { ok };
  };

  const among = (known: SecretsDocument['secrets']): ProvidedSecrets => ({
    names: [...known.keys()],
    resolve: async (name, signal) => {
      const settings = known.get(name);
      return settings === undefined ? { error: notConfigured(name) } : await resolve(name, settings, signal);
    },
  });

  const close = async (): Promise<void> => {
    closing.abort();
    cache.clear();
    await Promise.all([...providers.values()].map((provider) => provider[Symbol.asyncDispose]()));
  };

  return {
    all: among(document.secrets),
    of: (tenant) =>
      among(new Map([...document.secrets].filter(([, { tenants }]) => tenants?.includes(tenant) ?? true))),
    async retire() {
      await cache.settled();
      await close();
    },
    [Symbol.asyncDispose]: close,
  };
}

function openProvider(
  settings: ProviderSettings,
  powers: SecretPowers,
  { name, uid }: { readonly name: string; readonly uid: number | undefined },
): SecretProvider {
  switch (settings.kind) {
    case 'environment':
      return environmentProvider(settings, powers);
    case 'files':
      return filesProvider(settings, { uid });
    case 'vault':
      return whenAsked(async () =>
        (await import('./vault/provider.ts')).vaultProvider(settings, powers, { name, uid }),
      );
    case 'command':
      return commandProvider(settings, powers);
    default:
      return assertNever(settings);
  }
}

/** A provider that is loaded when it is first asked: what it speaks HTTP with takes long to load, and few agents have one. */
function whenAsked(open: () => Promise<SecretProvider>): SecretProvider {
  let opened: Promise<SecretProvider> | undefined;
  return {
    async read(place, signal) {
      opened ??= open();
      return await (await opened).read(place, signal);
    },
    async [Symbol.asyncDispose]() {
      await (await opened)?.[Symbol.asyncDispose]();
    },
  };
}

function isProgram({ providers }: SecretsDocument, provider: string): boolean {
  return providers.get(provider)?.kind === 'command';
}

/**
 * What providers answered, for a bounded time: a timer forgets it, whether it is asked for again or not. Who asks while an answer is awaited
 * waits for the same one. A problem is never kept.
 */
class AnswerCache {
  readonly #milliseconds: number;
  readonly #powers: Pick<SecretPowers, 'later'>;
  readonly #kept = new Map<string, { readonly answer: ProviderAnswer; readonly end: Disposable }>();
  readonly #awaited = new Map<string, Promise<ProviderAnswer>>();

  constructor(milliseconds: number, powers: Pick<SecretPowers, 'later'>) {
    this.#milliseconds = milliseconds;
    this.#powers = powers;
  }

  async get(key: string, read: () => Promise<ProviderAnswer>): Promise<ProviderAnswer> {
    const kept = this.#kept.get(key)?.answer;
    if (kept !== undefined) return kept;
    const awaited = this.#awaited.get(key) ?? this.#read(key, read);
    return await awaited;
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#awaited.values());
  }

  clear(): void {
    for (const { end } of this.#kept.values()) end[Symbol.dispose]();
    this.#kept.clear();
  }

  #read(key: string, read: () => Promise<ProviderAnswer>): Promise<ProviderAnswer> {
    const reading = read()
      .then((answer) => {
        if (!('problem' in answer) && this.#milliseconds > 0) {
          const end = this.#powers.later(this.#milliseconds, () => this.#kept.delete(key));
          this.#kept.set(key, { answer, end });
        }
        return answer;
      })
      .finally(() => this.#awaited.delete(key));
    this.#awaited.set(key, reading);
    return reading;
  }
}

/** A step that is cancelled waits no longer; others that want the same go on. */
async function unlessAborted(answer: Promise<ProviderAnswer>, signal: AbortSignal): Promise<ProviderAnswer> {
  const { promise, resolve } = Promise.withResolvers<ProviderAnswer>();
  const leave = (): void => resolve(stepIsOver);
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([answer, promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

const stepIsOver: ProviderAnswer = {
  problem: { kind: 'unreachable', reason: 'the step was ended before it answered' },
};

type Found = { readonly value: string } | { readonly problem: ProviderProblem };

/** The secret itself, in what stands at its path. */
function valueIn(
  answer: Exclude<ProviderAnswer, { readonly problem: ProviderProblem }>,
  { name, settings: { field = '' } }: { readonly name: string; readonly settings: SecretSettings },
): Found {
  if ('text' in answer) return fit(name, answer.text);
  const value = Object.hasOwn(answer.fields, field) ? answer.fields[field] : undefined;
  if (value === undefined) {
    const remedy = 'Check `field` of it.';
    return { problem: { kind: 'missing', reason: 'what stands at its path has no such field', remedy } };
  }
  if (typeof value === 'string') return fit(name, value);
  const what = isJsonObject(value) ? 'an object' : `a ${Array.isArray(value) ? 'list' : typeof value}`;
  return { problem: { kind: 'invalid', reason: `its field is ${what}, and no text`, remedy: 'Store it as a text.' } };
}

/** Secrets that come with a run have to be redactable, too. */
function fit(name: string, value: string): Found {
  const wrong = checkSecrets({ [name]: value });
  if (wrong !== undefined) return { problem: { kind: 'invalid', reason: wrong.message, remedy: wrong.remedy } };
  if (value.includes('\0')) return { problem: { kind: 'invalid', reason: 'its value holds a NUL character' } };
  return { value };
}

const codes = {
  missing: 'SECRET_NOT_FOUND',
  denied: 'SECRET_DENIED',
  unreachable: 'SECRET_UNREACHABLE',
  invalid: 'SECRET_INVALID',
} as const satisfies Record<ProviderProblem['kind'], WaterflowError['code']>;

const remedies: Readonly<Record<ProviderProblem['kind'], string>> = {
  missing: 'Check what it is called there.',
  denied: 'Let the agent have it there.',
  unreachable: 'Give the step a `retry`, and see that the agent reaches the provider.',
  invalid: 'Correct what is stored there.',
};

function errorOf(name: string, provider: string, { kind, reason, remedy }: ProviderProblem): WaterflowError {
  return {
    code: codes[kind],
    message: `the provider \`${provider}\` of the agent doesn't give the secret ${name}: ${reason}`,
    remedy: `${remedy ?? remedies[kind]} \`waterflow secrets check FILE --read\`, on the agent's machine, tries all of them.`,
  };
}

function notConfigured(name: string): WaterflowError {
  return {
    code: 'SECRET_MISSING',
    message: `the agent has no secret ${name} for this tenant`,
    remedy: 'Give it to the run, or name it in the secrets file of the agent.',
  };
}
