import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  emptyTrust,
  type PublicKey,
  readPublicKey,
  readTrustPolicy,
  type TrustedKey,
  type TrustPolicy,
  withoutTrustedKeys,
  withTrustedKey,
} from '../../runtime/trust/index.ts';
import type { TrustFile } from '../../schemas/generated/trust.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { askYes } from '../ask.ts';
import { usageError } from '../command.ts';
import { trustFileOf } from '../composition/trust.ts';
import { exitCodes } from '../exit-codes.ts';
import { inFile } from '../install/open-package-file.ts';
import { writeWhole } from '../install/write-whole.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { readNamedFile } from './policy-file.ts';

/** `waterflow keys trust`'s options. */
export interface TrustKeyOptions {
  /** A .pub file, or what it says. */
  readonly key: string;
  readonly plugins: TrustFile['keys'][number]['plugins'];
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** The id that the holder says the key has. */
  readonly id?: string;
  readonly yes?: boolean;
  readonly trust?: string;
  readonly json?: boolean;
}

/** Adds a signer's key to the trust policy, once somebody has compared its id; gives the exit code. */
export async function trustKey(terminal: Terminal, name: string, options: TrustKeyOptions): Promise<number> {
  const { plugins, notBefore, notAfter } = options;
  const file = trustFileOf(terminal, options.trust);
  const key = publicKeyOf(terminal, options.key);
  const isNew = !existsSync(file);
  const text = isNew ? emptyTrust : readNamedFile(terminal, file, 'the trust policy');
  const trust = inOrder(text, file);
  requireUnknown(trust, key);
  const times = {
    ...(notBefore === undefined ? {} : { 'not-before': notBefore }),
    ...(notAfter === undefined ? {} : { 'not-after': notAfter }),
  };
  const edited = withTrustedKey(text, { name, key: key.text, plugins, ...times });
  inOrder(edited, file);
  await requireComparison(terminal, { name, key }, options);
  writeWhole(file, edited, { mode: isNew ? 0o644 : statSync(file).mode & 0o777 });
  if (options.json === true) {
    terminal.stdout.write(`${plainJson({ id: key.id, name, plugins, file, made: isNew })}\n`);
    return exitCodes.ok;
  }
  const others = trust.keys.filter((each) => each.name === name).length;
  const beside = others === 0 ? '' : `, beside ${others === 1 ? 'another key' : `${others} other keys`} of that name`;
  const said = `the key ${name} (${key.id}) is trusted for ${plugins.join(', ')}${beside}, in ${file}${isNew ? ', which was made' : ''}`;
  terminal.stderr.write(`${plainLine(said)}\n`);
  return exitCodes.ok;
}

/** Takes a signer's keys out of the trust policy: those of a name, or one by its id or its .pub file; gives the exit code. */
export function distrustKey(
  terminal: Terminal,
  named: string,
  options: Pick<TrustKeyOptions, 'trust' | 'json'>,
): number {
  const file = trustFileOf(terminal, options.trust);
  const text = readNamedFile(terminal, file, 'the trust policy');
  const { keys } = inOrder(text, file);
  const going = selected(terminal, keys, named);
  if (going.length === 0) {
    throw usageError(`no key in ${file} is ${named}`, '`waterflow keys list --signing` shows those that there are.');
  }
  const edited = withoutTrustedKeys(text, new Set(going.map((key) => key.text)));
  inOrder(edited, file);
  writeWhole(file, edited, { mode: statSync(file).mode & 0o777 });
  for (const { id, name } of going) {
    if (options.json === true) terminal.stdout.write(`${plainJson({ id, name, status: 'removed', file })}\n`);
    else terminal.stderr.write(`${plainLine(`the key ${name} (${id}) is trusted no more, in ${file}`)}\n`);
  }
  return exitCodes.ok;
}

function publicKeyOf(terminal: Terminal, given: string): PublicKey {
  if (given.startsWith('ed25519:')) return readPublicKey(given);
  const text = readNamedFile(terminal, given, 'the public key');
  try {
    return readPublicKey(text);
  } catch (cause) {
    throw inFile(cause, resolve(terminal.cwd, given));
  }
}

/** Throws TRUST_INVALID, of the first mistake: a name, a pattern or a time that is none, a threshold that nobody can reach any more. */
function inOrder(text: string, file: string): TrustPolicy {
  const read = readTrustPolicy(text, file);
  if ('trust' in read) return read.trust;
  const [first] = read.errors;
  throw new WaterflowFailure(first ?? { code: 'TRUST_INVALID', message: file, remedy: 'Correct the file.', file });
}

function requireUnknown({ keys, revokedKeys, file }: TrustPolicy, { id }: PublicKey): void {
  const known = keys.find((key) => key.id === id);
  const reason = revokedKeys.get(id);
  if (reason !== undefined) {
    throw trustInvalid(
      file,
      `the key ${id} is revoked: ${reason}`,
      'Have its holder make a new one. A revocation that was a mistake is taken out by hand.',
    );
  }
  if (known !== undefined) {
    throw trustInvalid(
      file,
      `the key ${id} is there already, as ${known.name}, for ${known.plugins.join(', ')}`,
      `Change that entry by hand, or take it out first: \`waterflow keys distrust ${id}\`.`,
    );
  }
}

function trustInvalid(file: string, message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'TRUST_INVALID', message, remedy, file });
}

/** What comes by the same way as the plugins proves nothing: somebody has to have heard the id from the holder. */
async function requireComparison(
  terminal: Terminal,
  { name, key }: { readonly name: string; readonly key: PublicKey },
  { id, yes }: TrustKeyOptions,
): Promise<void> {
  if (id !== undefined && id !== key.id) {
    throw new WaterflowFailure({
      code: 'SIGNING_KEY_INVALID',
      message: `the key's id is ${key.id}, not ${id}`,
      remedy: `Ask ${name} which key is theirs. Nothing was changed.`,
    });
  }
  if (id !== undefined || yes === true) return;
  terminal.stderr.write(`${plainLine(`${name}: ${key.id}`)}\n`);
  if (await askYes(terminal, `Is that the id that ${plainLine(name)} told you?`)) return;
  throw usageError(
    terminal.answer === undefined ? 'nobody has said that this is the right key' : 'nothing was changed',
    `Ask ${name} for the id of their key and say it: --id ed25519-…; or --yes.`,
  );
}

function selected(terminal: Terminal, keys: readonly TrustedKey[], named: string): readonly TrustedKey[] {
  const byName = keys.filter(({ name, id }) => name === named || id === named);
  if (byName.length > 0 || !(named.startsWith('ed25519:') || existsSync(resolve(terminal.cwd, named)))) return byName;
  const { id } = publicKeyOf(terminal, named);
  return keys.filter((key) => key.id === id);
}
