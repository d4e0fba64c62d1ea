import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';

/** Keeps texts so that they can be read with the server's own key alone. `label` says whose it is: only with the same it opens again. */
export interface Sealer {
  seal(text: string, label: string): Promise<string>;
  /** Undefined where it was sealed with another key, for another label, or changed. */
  unseal(sealed: string, label: string): Promise<string | undefined>;
}

/** In the server's state folder. Servers that share a database share it. */
export const keyFileName = 'webhook-secrets.key';

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
/** What GCM is made for; random ones don't repeat within 2^32 texts of a key (NIST SP 800-38D, 8.3). */
const nonceBytes = 12;
const tagBytes = 16;
const version = 'v1.';

/** A sealer with the key of a state folder: AES-256-GCM. The key is made when it is first needed, for its owner's eyes only. */
export function createSealer(state: AbsolutePath): Sealer {
  let key: Promise<Buffer> | undefined;
  const keyOnce = (): Promise<Buffer> => {
    key ??= readKey(state).catch((error: unknown) => {
      key = undefined;
      throw error;
    });
    return key;
  };
  return {
    seal: async (text, label) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, await keyOnce(), nonce).setAAD(Buffer.from(label));
      const sealed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return version + Buffer.concat(sealed).toString('base64url');
    },
    unseal: async (sealed, label) => {
      const bytes = Buffer.from(sealed.slice(version.length), 'base64url');
      if (!sealed.startsWith(version) || bytes.length < nonceBytes + tagBytes) return undefined;
      const nonce = bytes.subarray(0, nonceBytes);
      const decipher = createDecipheriv(algorithm, await keyOnce(), nonce, { authTagLength: tagBytes })
        .setAAD(Buffer.from(label))
        .setAuthTag(bytes.subarray(-tagBytes));
      try {
        return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        // Only what was changed, or sealed otherwise, makes it fail.
        return undefined;
      }
    },
  };
}

async function readKey(state: AbsolutePath): Promise<Buffer> {
  const path = join(state, keyFileName);
  try {
    return (await existingKey(path)) ?? (await makeKey(state, path));
  } catch (error) {
    if (error instanceof WaterflowFailure) throw error;
    throw keyFailure(`the key of webhooks' secrets can't be read or made: ${(error as NodeJS.ErrnoException).code}`, {
      remedy: `Let the server read and write ${path}.`,
      cause: error,
    });
  }
}

async function existingKey(path: string): Promise<Buffer | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { mode, uid } = await file.stat();
    // Where root hands it to a user who isn't root, as Kubernetes does with secrets, that user's group may read it.
    const isHandedDown = uid === 0 && process.getuid?.() !== 0;
    if ((mode & (isHandedDown ? 0o037 : 0o077)) !== 0) {
      throw keyFailure(`others can read ${path}`, { remedy: `chmod 600 ${path}` });
    }
    const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64');
    if (key.length === keyBytes) return key;
    throw keyFailure(`${path} holds no key of ${keyBytes} bytes`, {
      remedy: 'Restore it from a backup. Without it, webhooks need new secrets: remove it, and PATCH each with one.',
    });
  } finally {
    await file.close();
  }
}

/** Written elsewhere and linked, so that nobody finds half of it; of servers that do so at once one wins. */
async function makeKey(state: AbsolutePath, path: string): Promise<Buffer> {
  await mkdir(state, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(keyBytes).toString('base64')}\n`);
    await file.sync();
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    // What is sealed with it is as durable as the store; so must it be.
    await using folder = await open(state);
    await folder.sync();
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  const key = await existingKey(path);
  if (key === undefined) throw keyFailure(`${path} is gone again`, { remedy: 'Try again.' });
  return key;
}

function keyFailure(
  message: string,
  { remedy, cause }: { readonly remedy: string; readonly cause?: unknown },
): WaterflowFailure {
  return new WaterflowFailure({ code: 'STORAGE_FAILED', message, remedy }, { cause });
}
