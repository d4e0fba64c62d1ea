import { resolve } from 'node:path';
import { isVersion } from '../../runtime/manifest/index.ts';
import { type PublicKey, readPublicKey } from '../../runtime/trust/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { inFile } from '../install/open-package-file.ts';
import { isOlder } from '../release/bundle-manifest.ts';
import { digestOfFile } from '../release/sums.ts';
import { verifyBundle } from '../release/verify-bundle.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { readFileBytes, reasonOf } from './read-file.ts';

/** Checks a bundle, and says what it holds; gives the exit code. */
export async function verifySiteBundle(
  terminal: Terminal,
  file: string,
  options: { readonly key: readonly string[]; readonly installed?: string; readonly json?: boolean },
): Promise<number> {
  if (options.key.length === 0) {
    throw usageError('--key is missing', 'Name the .pub file of whoever makes bundles for this site.');
  }
  if (options.installed !== undefined && !isVersion(options.installed)) {
    throw usageError(
      `--installed ${options.installed} is no version`,
      'Give the version alone, as 0.1.0: `waterflow --version` begins with it.',
    );
  }
  const keys: PublicKey[] = [];
  for (const name of options.key) keys.push(await readPublicKeyFile(terminal, name));
  const path = resolve(terminal.cwd, file);
  const digest = await digestOfFile(path).catch((error: NodeJS.ErrnoException) => {
    const message = `cannot read ${file}: ${reasonOf(error)}`;
    throw new WaterflowFailure(
      { code: 'FILE_NOT_READABLE', message, remedy: 'Name the bundle.', file },
      { cause: error },
    );
  });
  const { manifest, signer } = await verifyBundle(path, keys).catch((cause: unknown) => {
    throw inFile(cause, file);
  });
  if (options.installed !== undefined && isOlder(manifest.version, options.installed)) {
    throw new WaterflowFailure({
      code: 'BUNDLE_DOWNGRADE',
      message: `the bundle is of ${manifest.version}, and ${options.installed} is installed`,
      remedy: 'Ask for a newer one. To go back on purpose, leave --installed out, or use `install.sh rollback`.',
      file,
    });
  }
  const report = { version: manifest.version, signer: signer.id, sha256: digest, parts: manifest.parts };
  if (options.json === true) terminal.stdout.write(`${plainJson(report)}\n`);
  else {
    for (const { kind, path: part, size } of manifest.parts) {
      terminal.stdout.write(`${plainLine(`${kind.padEnd(10)} ${String(size).padStart(11)}  ${part}`)}\n`);
    }
    terminal.stderr.write(`${plainLine(`${file} is a bundle of ${manifest.version}, signed by ${signer.id}`)}\n`);
  }
  return exitCodes.ok;
}

/** Reads a .pub file. Throws FILE_NOT_READABLE and SIGNING_KEY_INVALID, which name it. */
async function readPublicKeyFile(terminal: Terminal, file: string): Promise<PublicKey> {
  const bytes = await readFileBytes(terminal, file, 'Name the .pub file that `waterflow keys new --signing` wrote.');
  try {
    return readPublicKey(bytes.toString('utf8'));
  } catch (cause) {
    throw inFile(cause, file);
  }
}
