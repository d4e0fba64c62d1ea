import { resolve } from 'node:path';
import { type OpenedPackage, requireLoadable } from '../../runtime/packages/index.ts';
import { type SignatureDocument, type SigningKey, signaturesText, signPackage } from '../../runtime/trust/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { openPackageFile, signaturesIn } from '../install/open-package-file.ts';
import { readPackageFiles } from '../install/package-files.ts';
import { readKeyFile } from '../install/signing-key-file.ts';
import { writeWhole } from '../install/write-whole.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin sign`'s options. */
export interface PluginSignOptions {
  readonly key: string;
  readonly replace?: boolean;
  readonly json?: boolean;
}

/** Adds a signature to those of a package; gives the exit code. */
export async function pluginSign(terminal: Terminal, file: string, options: PluginSignOptions): Promise<number> {
  const read = await readPackageFiles(terminal, file);
  const opened = await openPackageFile(read.package, file);
  await requireSound(opened);
  const key = await readKeyFile(terminal, options.key);
  const signatureFile = `${file}.sig`;
  const earlier = signaturesIn(read.signatures, signatureFile);
  const document = sign(opened, key, { earlier, replace: options.replace === true });
  writeWhole(resolve(terminal.cwd, signatureFile), signaturesText(document), { mode: 0o644 });
  const { name, version } = opened.manifest;
  const { id } = key.publicKey;
  if (options.json === true) {
    const keys = document.signatures.map((signature) => signature.key);
    terminal.stdout.write(
      `${plainJson({ name, version, digest: opened.digest, file: resolve(terminal.cwd, signatureFile), key: id, keys })}\n`,
    );
    return exitCodes.ok;
  }
  terminal.stdout.write(`${plainLine(signatureFile)}\n`);
  const count = countText(document.signatures.length, 'signature');
  terminal.stderr.write(`${name} ${version} (${opened.digest}) is signed by ${id}: ${count} in all\n`);
  return exitCodes.ok;
}

/** A signature says that a plugin is good: not one that no agent would take. */
async function requireSound(opened: OpenedPackage): Promise<void> {
  try {
    await requireLoadable(opened);
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    const remedy = 'Have the package made anew, with `waterflow plugin build` and `waterflow plugin pack`.';
    throw new WaterflowFailure({ ...cause.error, remedy }, { cause });
  }
}

function sign(
  opened: OpenedPackage,
  key: SigningKey,
  { earlier, replace }: { readonly earlier: SignatureDocument | undefined; readonly replace: boolean },
): SignatureDocument {
  try {
    return signPackage(opened, key, earlier);
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    if (replace) return signPackage(opened, key, undefined);
    // Whoever adds a signature to those of others has to see that this is not what they signed.
    const remedy = 'Where the package was packed anew on purpose, start over with --replace.';
    throw new WaterflowFailure({ ...cause.error, remedy }, { cause });
  }
}
