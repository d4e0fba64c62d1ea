import { CallFailure, type SecretVault } from '../capability.ts';
import { demandOf } from './call.ts';
import { requireHeaderValue } from './headers.ts';
import type { PlannedRequest } from './redirect.ts';
import type { RequestCall } from './request-call.ts';
import type { NetEffective } from './rule.ts';

type Headers = PlannedRequest['headers'];

/**
 * Names of the secrets that stand in values of headers. Throws INVALID_ARGUMENTS for one where no value is ever put in: in a header's name,
 * or within the base64 of `Basic`, where a server would get the placeholder as the password.
 */
export function secretsInHeaders(headers: Headers, vault: Pick<SecretVault, 'mentioned'>): readonly string[] {
  const [named] = vault.mentioned([...headers.keys()].join(' '));
  if (named !== undefined) {
    throw new CallFailure('INVALID_ARGUMENTS', `the secret \`${named}\` can't stand in the name of a header`, {
      remedy: 'Write the name out, and send the secret as the value.',
    });
  }
  const values = [...headers.values()];
  const [encoded] = vault.mentioned(values.map(decodedBasic).join(' '));
  if (encoded !== undefined) {
    throw new CallFailure('INVALID_ARGUMENTS', `the secret \`${encoded}\` can't stand in base64 in a header`, {
      remedy:
        'Have the agent log in, by `auth: { basic: { user, password } }` of the call, or send the whole header as a secret.',
    });
  }
  return vault.mentioned(values.join(' '));
}

function decodedBasic(value: string): string {
  const encoded = /^basic +(\S+)$/i.exec(value)?.[1];
  return encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('latin1');
}

/** What holds for the call's first request where its headers carry these secrets. Throws DENIED where a layer lets one of them not go there. */
export function effectiveWith(secrets: readonly string[], authorized: RequestCall['authorized']): NetEffective {
  if (secrets.length === 0) return authorized.effective;
  const answer = authorized.recheck({ ...demandOf(authorized.args), secrets });
  if (answer.kind === 'allowed') return answer.effective;
  const { message, rule, remedy } = answer.denial;
  throw new CallFailure('DENIED', message, { rule, remedy });
}

/** The headers with values in the place of placeholders: of secrets that every rule lets go to this very URL, and each was asked before. */
export function revealHeaders(
  { headers, effective }: Pick<PlannedRequest, 'headers' | 'effective'>,
  { scope, used }: Pick<RequestCall, 'scope' | 'used'>,
): readonly [string, string][] {
  return [...headers].map(([name, value]) => {
    const allowed = scope.secrets
      .mentioned(value)
      .filter((secret) => effective.secrets.every(({ secrets }) => secrets.includes(secret) || secrets.includes('*')));
    const revealed = scope.secrets.reveal(value, allowed);
    for (const secret of revealed.used) used.add(secret);
    requireHeaderValue(name, revealed.text);
    return [name, revealed.text];
  });
}
