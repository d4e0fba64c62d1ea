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
  withPluginsOfKey,
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

/**
 * Adds a signer's key to the trust policy, once somebody has compared its id, or further plugins to a key that is there; gives the exit
 * code.
 */
export async function trustKey(terminal: Terminal, name: string, options: TrustKeyOptions): Promise<number> {
  const { plugins, notBefore, notAfter } = options;
  const file = trustFileOf(terminal, options.trust);
  const key = publicKeyOf(terminal, options.key);
  const isNew = !existsSync(file);
  const text = isNew ? emptyTrust : readNamedFile(terminal, file, 'the trust policy');
  const trust = inOrder(text, file);
  requireNotRevoked(trust, key);
  const known = trust.keys.find((each) => each.id === key.id);
  if (known !== undefined) return await trustFurther(terminal, { name, text, file, known }, options);
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

/** What is in the file before a key that is there counts for more. */
interface KnownKey {
  readonly name: string;
  readonly text: string;
  readonly file: string;
  readonly known: TrustedKey;
}

async function trustFurther(
  terminal: Terminal,
  { name, text, file, known }: KnownKey,
  options: TrustKeyOptions,
): Promise<number> {
  requireSameEntry({ name, file, known }, options);
  requireId({ name, key: known }, options);
  const added = options.plugins.filter((pattern) => !known.plugins.includes(pattern));
  const plugins = [...known.plugins, ...added];
  const edited = withPluginsOfKey(text, known.text, plugins);
  inOrder(edited, file);
  const whose = `the key ${name} (${known.id})`;
  const before = known.plugins.join(', ');
  if (added.length > 0) {
    const question = `${whose} is trusted for ${before}; for ${added.join(', ')}, too?`;
    await requireComparison(terminal, { name, key: known, question }, options);
    writeWhole(file, edited, { mode: statSync(file).mode & 0o777 });
  }
  if (options.json === true) {
    terminal.stdout.write(`${plainJson({ id: known.id, name, plugins, added, file, made: false })}\n`);
    return exitCodes.ok;
  }
  const said =
    added.length === 0
      ? `${whose} is trusted for ${before} already, in ${file}: nothing was changed`
      : `${whose} is trusted for ${added.join(', ')}, too, beside ${before}, in ${file}`;
  terminal.stderr.write(`${plainLine(said)}\n`);
  return exitCodes.ok;
}

/** A key's holder and its times are one thing, and for which plugins it counts another. */
function requireSameEntry(
  { name, file, known }: Omit<KnownKey, 'text'>,
  { notBefore, notAfter }: TrustKeyOptions,
): void {
  const isSame = (given: string | undefined, has: number | undefined): boolean =>
    given === undefined || Date.parse(given) === has;
  if (known.name === name && isSame(notBefore, known.notBefore) && isSame(notAfter, known.notAfter)) return;
  throw trustInvalid(
    file,
    `the key ${known.id} is there already, as ${known.name}, for ${known.plugins.join(', ')}${known.name === name ? ', with other times' : ''}`,
    `Change that entry by hand, or take it out first: \`waterflow keys distrust ${known.id}\`.`,
  );
}

/** `waterflow keys distrust`'s options. */
export interface DistrustKeyOptions extends Pick<TrustKeyOptions, 'trust' | 'json'> {
  /** Patterns to take away; the whole key where nothing is said. */
  readonly plugins?: readonly string[];
}

/**
 * Takes a signer's keys out of the trust policy: those of a name, or one by its id or its .pub file; or only some of the plugins that they
 * count for. Gives the exit code.
 */
export function distrustKey(terminal: Terminal, named: string, options: DistrustKeyOptions): number {
  const file = trustFileOf(terminal, options.trust);
  const text = readNamedFile(terminal, file, 'the trust policy');
  const { keys } = inOrder(text, file);
  const going = selected(terminal, keys, named);
  if (going.length === 0) {
    throw usageError(`no key in ${file} is ${named}`, '`waterflow keys list --signing` shows those that there are.');
  }
  const unknown = (options.plugins ?? []).find((pattern) => !going.some(({ plugins }) => plugins.includes(pattern)));
  if (unknown !== undefined) {
    throw usageError(
      `${named} isn't trusted for \`${unknown}\``,
      `It is for ${[...new Set(going.flatMap(({ plugins }) => plugins))].join(', ')}: name a pattern as it is written there.`,
    );
  }
  const left = going.map((key) => ({ key, plugins: patternsLeft(key, options.plugins) }));
  const gone = left.filter(({ plugins }) => plugins.length === 0).map(({ key }) => key.text);
  const edited = left.reduce(
    (before, { key, plugins }) => (plugins.length === 0 ? before : withPluginsOfKey(before, key.text, plugins)),
    gone.length === 0 ? text : withoutTrustedKeys(text, new Set(gone)),
  );
  inOrder(edited, file);
  writeWhole(file, edited, { mode: statSync(file).mode & 0o777 });
  for (const { key, plugins } of left) tellDistrusted(terminal, { key, plugins, file }, options);
  return exitCodes.ok;
}

function patternsLeft({ plugins }: TrustedKey, going: readonly string[] | undefined): readonly string[] {
  return going === undefined ? [] : plugins.filter((pattern) => !going.includes(pattern));
}

function tellDistrusted(
  { stdout, stderr }: Terminal,
  { key, plugins, file }: { readonly key: TrustedKey; readonly plugins: readonly string[]; readonly file: string },
  { json }: DistrustKeyOptions,
): void {
  const { id, name } = key;
  const removed = key.plugins.filter((pattern) => !plugins.includes(pattern));
  if (json === true) {
    const status = plugins.length === 0 ? 'removed' : removed.length === 0 ? 'unchanged' : 'narrowed';
    stdout.write(`${plainJson({ id, name, status, plugins, removed, file })}\n`);
    return;
  }
  const said =
    plugins.length === 0
      ? `the key ${name} (${id}) is trusted no more, in ${file}`
      : removed.length === 0
        ? `the key ${name} (${id}) stays as it was: it is trusted for ${plugins.join(', ')}`
        : `the key ${name} (${id}) is trusted no more for ${removed.join(', ')}, still for ${plugins.join(', ')}, in ${file}`;
  stderr.write(`${plainLine(said)}\n`);
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

function requireNotRevoked({ revokedKeys, file }: TrustPolicy, { id }: PublicKey): void {
  const reason = revokedKeys.get(id);
  if (reason !== undefined) {
    throw trustInvalid(
      file,
      `the key ${id} is revoked: ${reason}`,
      'Have its holder make a new one. A revocation that was a mistake is taken out by hand.',
    );
  }
}

function trustInvalid(file: string, message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'TRUST_INVALID', message, remedy, file });
}

/** What comes by the same way as the plugins proves nothing: somebody has to have heard the id from the holder. */
async function requireComparison(
  terminal: Terminal,
  { name, key, question }: { readonly name: string; readonly key: PublicKey; readonly question?: string },
  options: TrustKeyOptions,
): Promise<void> {
  requireId({ name, key }, options);
  const { id, yes } = options;
  if (id !== undefined || yes === true) return;
  terminal.stderr.write(`${plainLine(`${name}: ${key.id}`)}\n`);
  if (await askYes(terminal, plainLine(question ?? `Is that the id that ${name} told you?`))) return;
  throw usageError(
    terminal.answer === undefined ? 'nobody has said that this is the right key' : 'nothing was changed',
    `Ask ${name} for the id of their key and say it: --id ed25519-…; or --yes.`,
  );
}

/** An id that somebody says is the key's own, whatever else there is to do. */
function requireId(
  { name, key }: { readonly name: string; readonly key: PublicKey },
  { id }: Pick<TrustKeyOptions, 'id'>,
): void {
  if (id === undefined || id === key.id) return;
  throw new WaterflowFailure({
    code: 'SIGNING_KEY_INVALID',
    message: `the key's id is ${key.id}, not ${id}`,
    remedy: `Ask ${name} which key is theirs. Nothing was changed.`,
  });
}

function selected(terminal: Terminal, keys: readonly TrustedKey[], named: string): readonly TrustedKey[] {
  const byName = keys.filter(({ name, id }) => name === named || id === named);
  if (byName.length > 0 || !(named.startsWith('ed25519:') || existsSync(resolve(terminal.cwd, named)))) return byName;
  const { id } = publicKeyOf(terminal, named);
  return keys.filter((key) => key.id === id);
}
