import type { SecretVault } from '../../runtime/capabilities/capability.ts';
import { veilText } from '../../runtime/capabilities/veil.ts';
import { createRedactor } from '../redaction/index.ts';

const placeholder = /(wf-secret-[0-9a-f]{32})/u;

/**
 * What the failure of a call tells its guest: without the values of the secrets that went out with this very call. Others are
 * left where they stand: only the guest itself can have said them, and to take them out would tell it that it guessed right.
 */
export function toldToGuest(text: string, vault: SecretVault, revealed: readonly string[]): string {
  if (revealed.length === 0) return text;
  const values = revealed.flatMap((name) => {
    const stands = vault.placeholder(name);
    return stands === undefined ? [] : [vault.reveal(stands, [name]).text];
  });
  const redactor = createRedactor(values);
  // What is left in another form than the value itself has no placeholder.
  return veilText(text, vault, revealed)
    .split(placeholder)
    .map((part, index) => (index % 2 === 1 ? part : redactor.text(part)))
    .join('');
}
