import { openSecretBroker, type SecretBroker } from '../broker.ts';
import { readSecretsDocument } from '../document.ts';
import type { TestPowers } from './powers.ts';

/** The broker of a file's text, which has to be right; `folder` is where its paths begin. */
export function openBroker(
  text: string,
  { folder, powers }: { readonly folder: string; readonly powers: TestPowers },
): SecretBroker {
  const read = readSecretsDocument(`version: 1\n${text}`, `${folder}/secrets.yaml`);
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  return openSecretBroker(read.document, powers);
}

/** What becomes of a secret of the default tenant: its value, or the code and the message of the error. */
export async function valueOf(broker: SecretBroker, name: string, tenant = 'default'): Promise<string> {
  const resolved = await broker.of(tenant).resolve(name, new AbortController().signal);
  return 'ok' in resolved ? resolved.ok.value : `${resolved.error.code}: ${resolved.error.message}`;
}
