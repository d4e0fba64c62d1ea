import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash as hashOnce,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';

/** The agent's own ed25519 key, with which it signs what it recorded. */
export interface AgentKey {
  /** The first 16 hex digits of the SHA-256 of the public key (SPKI, DER). */
  readonly id: string;
  /** PEM, SPKI. */
  readonly publicKey: string;
  sign(text: string): string;
}

const keyFile = 'agent-key.pem';

/**
 * The key in the agent's state folder, made at first use (0600). Two processes that start together end up with one key. Throws
 * WaterflowFailure STORAGE_FAILED.
 */
export function loadAgentKey(stateFolder: AbsolutePath): AgentKey {
  const file = join(stateFolder, keyFile);
  try {
    mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
    return keyFrom(readFileSync(file, 'utf8'));
  } catch (cause) {
    if (!isMissing(cause)) throw keyFailure(file, cause);
  }
  try {
    createKey(stateFolder, file);
    return keyFrom(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw keyFailure(file, cause);
  }
}

/** The public half (PEM, SPKI) of the ed25519 key in a file, which may hold either half. Throws WaterflowFailure FILE_NOT_READABLE. */
export function readPublicKey(file: AbsolutePath): string {
  try {
    const key = createPublicKey(readFileSync(file, 'utf8'));
    if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('it is not an ed25519 key');
    return key.export({ type: 'spki', format: 'pem' }).toString();
  } catch (cause) {
    throw new WaterflowFailure(
      {
        code: 'FILE_NOT_READABLE',
        message: `${file} is no key of an agent: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy: "Name a copy of the agent's agent-key.pem, or of its public half in PEM.",
        file,
      },
      { cause },
    );
  }
}

/** The id of a public key in PEM. */
export function keyId(publicKey: string): string {
  return hashOnce('sha256', createPublicKey(publicKey).export({ type: 'spki', format: 'der' }), 'hex').slice(0, 16);
}

/** Whether `signature` (base64) is that of `text` under a public key in PEM. False for a key that isn't one. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  try {
    return verify(null, Buffer.from(text), createPublicKey(publicKey), Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

/** Written aside and linked, so that the file is whole as soon as it has its name, and the first one to come wins. */
function createKey(stateFolder: string, file: string): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = join(stateFolder, `.${keyFile}.${process.pid}`);
  const fd = openSync(draft, 'w', 0o600);
  try {
    chmodSync(draft, 0o600);
    writeSync(fd, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
    linkSync(draft, file);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
}

function keyFrom(pem: string): AgentKey {
  const privateKey: KeyObject = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError('the key is not an ed25519 key');
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  return {
    id: keyId(publicKey),
    publicKey,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  };
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}

function keyFailure(file: string, cause: unknown): WaterflowFailure {
  return new WaterflowFailure(
    {
      code: 'STORAGE_FAILED',
      message: `the agent's key ${file} can't be read or made: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: "Check the state folder and its permissions. Records that it signed need the old key's public half.",
      file,
    },
    { cause },
  );
}
