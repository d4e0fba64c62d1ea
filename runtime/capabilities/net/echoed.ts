import { CallFailure } from '../capability.ts';
import type { RequestCall } from './request-call.ts';

/** A secret that went out, in a form in which it may come back. */
interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Watches a body on its way into a file for secrets that went out with the call: whoever reads the file would hold them. Nothing in a
 * file can be replaced without making another file of it, so the call fails. A value is found across the borders of chunks too; as
 * it is, as it went out, in JSON and in URLs. In other forms it isn't: a secret is only ever given to a server that is trusted with it.
 */
export function watchForSecrets(call: Pick<RequestCall, 'scope' | 'used' | 'encoded'>): (chunk: Buffer) => void {
  const needles = needlesOf(call);
  const longest = Math.max(0, ...needles.map(({ bytes }) => bytes.length));
  if (longest === 0) return () => undefined;
  let before: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const seen = Buffer.concat([before, chunk]);
    const found = needles.find(({ bytes }) => seen.includes(bytes));
    if (found !== undefined) throw echoed(found.name);
    before = seen.subarray(Math.max(0, seen.length - (longest - 1)));
  };
}

function needlesOf({ scope, used, encoded }: Pick<RequestCall, 'scope' | 'used' | 'encoded'>): readonly Needle[] {
  const { secrets } = scope;
  const sent = [...used].flatMap((name) => {
    const placeholder = secrets.placeholder(name);
    if (placeholder === undefined) return [];
    const value = secrets.reveal(placeholder, [name]).text;
    const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())];
    return forms.map((form) => ({ name, form }));
  });
  const signed = Array.from(encoded, ([form, placeholder]) => ({
    name: secrets.mentioned(placeholder)[0] ?? '',
    form,
  }));
  return [...sent, ...signed]
    .filter(({ form }) => form.length > 0)
    .map(({ name, form }) => ({ name, bytes: Buffer.from(form) }));
}

function echoed(name: string): CallFailure {
  const which = name === '' ? 'a secret' : `the secret \`${name}\``;
  return new CallFailure(
    'FAILED',
    `the response repeats ${which}, which went out with the request: nothing of it was kept`,
    {
      remedy:
        "Send the secret only to URLs whose answers don't hold it, or let the response go to the plugin, which gets a placeholder.",
    },
  );
}
