import { CallFailure, type CallScope } from '../capability.ts';
import { allowedDockerSecrets, type DockerEffective } from './rule.ts';

/** Puts secrets in where the rules let them go, and remembers which. */
export class Revealer {
  readonly #used = new Set<string>();
  readonly #effective: Pick<DockerEffective, 'secrets'>;
  readonly #scope: Pick<CallScope, 'secrets'>;

  constructor(effective: Pick<DockerEffective, 'secrets'>, scope: Pick<CallScope, 'secrets'>) {
    this.#effective = effective;
    this.#scope = scope;
  }

  reveal(text: string): string {
    const { secrets } = this.#scope;
    const revealed = secrets.reveal(text, allowedDockerSecrets(this.#effective, secrets.mentioned(text)));
    for (const name of revealed.used) this.#used.add(name);
    return revealed.text;
  }

  /** Variables as the daemon takes them. */
  environment(variables: Readonly<Record<string, string>> | undefined): readonly string[] {
    return Object.entries(variables ?? {}).map(([key, value]) => `${key}=${this.reveal(value)}`);
  }

  get used(): readonly string[] {
    return [...this.#used];
  }

  /** For the audit. */
  get noted(): { readonly secrets?: readonly string[] } {
    return this.#used.size === 0 ? {} : { secrets: this.used };
  }
}

/**
 * What is in a container can read the secrets that it was started with, so whoever looks into it must be granted them too: a later
 * step of the same plugin may have less than the one that started it.
 */
export function requireSecretsOf(
  { secrets }: { readonly secrets: readonly string[] },
  effective: Pick<DockerEffective, 'secrets'>,
): void {
  const allowed = allowedDockerSecrets(effective, secrets);
  const missing = secrets.find((name) => !allowed.includes(name));
  if (missing === undefined) return;
  throw new CallFailure(
    'DENIED',
    `the container was started with the secret \`${missing}\`, which this call isn't granted`,
    {
      rule: 'docker secrets: what a container knows is for those who may know it',
      remedy: `Add \`${missing}\` to \`secrets\` of the docker permission, or start another container.`,
    },
  );
}
