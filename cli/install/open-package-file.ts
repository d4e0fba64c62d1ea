import { type OpenedPackage, openPackage } from '../../runtime/packages/index.ts';
import { readSignatures, type SignatureDocument } from '../../runtime/trust/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';

/** Opens a package; what is wrong with it names the file. Throws as `openPackage` does. */
export async function openPackageFile(bytes: Buffer, file: string): Promise<OpenedPackage> {
  try {
    return await openPackage(bytes);
  } catch (cause) {
    throw inFile(cause, file);
  }
}

/** The signatures in a .sig file; undefined where there is none. Throws SIGNATURE_INVALID, which names the file. */
export function signaturesIn(bytes: Buffer | undefined, file: string): SignatureDocument | undefined {
  try {
    return bytes === undefined ? undefined : readSignatures(bytes.toString('utf8'));
  } catch (cause) {
    throw inFile(cause, file);
  }
}

/** A failure that says of which file it is, where it names none. */
export function inFile(cause: unknown, file: string): unknown {
  if (!(cause instanceof WaterflowFailure)) return cause;
  return new WaterflowFailure({ file, ...cause.error }, { cause });
}
