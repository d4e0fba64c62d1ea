import { type OpenedPackage, requireOwnName } from '../../runtime/packages/index.ts';
import {
  describeSignature,
  type Judgement,
  judgeSignatures,
  type SignatureDocument,
  type TrustPolicy,
  verifyPackage,
} from '../../runtime/trust/index.ts';
import { type Json, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import { reportError } from '../command.ts';
import { openPlugins } from '../composition/plugins.ts';
import { openTrust } from '../composition/trust.ts';
import { exitCodes } from '../exit-codes.ts';
import { openPackageFile, signaturesIn } from '../install/open-package-file.ts';
import { type PackageFiles, readPackageFiles } from '../install/package-files.ts';
import { sourceWords } from '../report/provenance.ts';
import { createStyle } from '../report/style.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin verify`'s options. */
export interface PluginVerifyOptions {
  readonly trust?: string;
  readonly json?: boolean;
}

/** What there is to say of a package: as much of it as holds, and why it is refused, where it is. */
interface Examined {
  readonly opened?: OpenedPackage;
  /** Absent where the signatures are not for this package, so that nothing can be said of any. */
  readonly judgement?: Judgement;
  readonly refusal?: WaterflowError;
}

/** Says what holds of a package and what doesn't; gives the exit code: 0 where it could be installed, 1 where it is refused. */
export async function pluginVerify(terminal: Terminal, file: string, options: PluginVerifyOptions): Promise<number> {
  const trust = openTrust(terminal, options.trust);
  const read = await readPackageFiles(terminal, file);
  const examined = await examine(terminal, { file, read, trust });
  if (options.json === true) terminal.stdout.write(`${plainJson(asJson(examined))}\n`);
  else {
    printExamined(terminal, examined, { bytes: read.package.length, trust });
    if (examined.refusal !== undefined) reportError(terminal, examined.refusal, {});
  }
  return examined.refusal === undefined ? exitCodes.ok : exitCodes.failed;
}

interface Subject {
  readonly file: string;
  readonly read: PackageFiles;
  readonly trust: TrustPolicy;
}

async function examine(terminal: Terminal, { file, read, trust }: Subject): Promise<Examined> {
  let opened: OpenedPackage | undefined;
  let document: SignatureDocument | undefined;
  const options = { now: terminal.now() };
  try {
    opened = await openPackageFile(read.package, file);
    requireOwnName(opened.manifest.name, knownNames(terminal));
    document = signaturesIn(read.signatures, `${file}.sig`);
    return { opened, judgement: verifyPackage(opened, document, trust, options) };
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    const refusal = { file, ...cause.error };
    if (opened === undefined) return { refusal };
    const isOfAnother = refusal.code === 'SIGNATURE_MISMATCH' || refusal.code === 'PACKAGE_MANIFEST_CHANGED';
    if (document === undefined || isOfAnother) return { opened, refusal };
    return { opened, refusal, judgement: judgeSignatures(opened, document, trust, options) };
  }
}

/** Of the nodes that come with Waterflow, and of the plugins that are installed on this machine. */
function knownNames(terminal: Terminal): Parameters<typeof requireOwnName>[1] {
  const { builtInNames, listed } = openPlugins(terminal, []);
  const others = listed.map(({ name }) => name).filter((name) => !builtInNames.has(name));
  return { builtIn: builtInNames, others };
}

function asJson({ opened, judgement, refusal }: Examined): Json {
  return {
    verified: refusal === undefined,
    ...(opened === undefined
      ? {}
      : {
          name: opened.manifest.name,
          version: opened.manifest.version,
          digest: opened.digest,
          files: opened.files.map(({ path }) => path),
          // A part of a record, which was read from JSON and fits its schema.
          provenance: opened.record.provenance as unknown as Json,
        }),
    ...(judgement === undefined
      ? {}
      : {
          // Of texts, numbers and lists of texts.
          signatures: judgement.signatures as unknown as Json,
          signers: judgement.signers.map(({ name, keys }) => ({ name, keys })),
          signers_needed: judgement.needed,
        }),
    ...(refusal === undefined ? {} : { error: { ...refusal } }),
  };
}

function printExamined(
  { stdout }: Terminal,
  { opened, judgement, refusal }: Examined,
  { bytes, trust }: { readonly bytes: number; readonly trust: TrustPolicy },
): void {
  if (opened === undefined) return;
  const style = createStyle(stdout);
  const say = (status: 'success' | 'failure' | 'skipped', text: string): void =>
    stdout.write(`  ${style.symbol(status)} ${plainLine(text)}\n`);
  const { manifest, digest, files, record } = opened;
  stdout.write(`${style.bold(plainLine(`${manifest.name} ${manifest.version}`))}  ${digest}\n`);
  say('success', `it is whole: ${countText(files.length, 'file')}, ${bytes} bytes`);
  say('skipped', `it says of itself: ${originOf(record.provenance)}`);
  if (judgement === undefined) return;
  for (const signature of judgement.signatures) {
    const { state } = signature;
    const status = state === 'good' ? 'success' : state === 'wrong' || state === 'revoked' ? 'failure' : 'skipped';
    say(status, describeSignature(signature));
  }
  const isEnough = judgement.signers.length >= judgement.needed;
  const signers = `${judgement.signers.length} of ${countText(judgement.needed, 'signer')}`;
  say(isEnough ? 'success' : 'failure', `signed by ${signers} that ${trust.file} wants`);
  if (trust.keys.length === 0) say('failure', `nobody is trusted: there are no keys in ${trust.file}`);
  if (refusal === undefined) say('success', 'it can be installed');
}

/** What a packer said is as true as those who signed it are trustworthy. */
function originOf(provenance: OpenedPackage['record']['provenance']): string {
  const { waterflow, node } = provenance.builder;
  return `made of ${sourceWords(provenance)}, by waterflow ${waterflow}${node === undefined ? '' : ` on Node ${node}`}`;
}
