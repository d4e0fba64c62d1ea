import type { CallScope } from '../capability.ts';
import type { Engine } from './wire/client.ts';

/** What a registry asks for. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The logins of one invocation. They are in memory only, and end with it. */
export class Logins {
  /** By what all calls of one invocation share. */
  readonly #byInvocation = new WeakMap<CallScope['usage'], Map<string, Credentials>>();

  keep(scope: Pick<CallScope, 'usage'>, registry: string, credentials: Credentials): void {
    const known = this.#byInvocation.get(scope.usage) ?? new Map<string, Credentials>();
    this.#byInvocation.set(scope.usage, known.set(registry, credentials));
  }

  /** The header that goes with a request about an image of this registry, and with no other. */
  headers(scope: Pick<CallScope, 'usage'>, registry: string): Readonly<Record<string, string>> {
    const found = this.#byInvocation.get(scope.usage)?.get(registry);
    // A push without the header is refused, also where the registry asks for nothing.
    return { 'x-registry-auth': encode(found === undefined ? {} : authOf(registry, found)) };
  }
}

/** Has the daemon try the credentials at the registry. Throws EngineError where they don't hold. */
export async function tryCredentials(
  engine: Engine,
  {
    registry,
    credentials,
    signal,
  }: { readonly registry: string; readonly credentials: Credentials; readonly signal: AbortSignal },
): Promise<void> {
  await engine.ask({ method: 'POST', path: '/auth', json: authOf(registry, credentials), signal });
}

/** Docker's own registry goes by the address of its index here. */
function authOf(registry: string, { username, password }: Credentials) {
  return { username, password, serveraddress: registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry };
}

function encode(auth: object): string {
  // Padded, as Go's base64.URLEncoding expects it.
  return Buffer.from(JSON.stringify(auth)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
