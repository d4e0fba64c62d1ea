import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AbsolutePath, Digest } from '../../../schemas/index.ts';
import { manifestText, testFolder } from '../../manifest/testing/folder.ts';
import { openPackage, packageFileName, packFolder } from '../../packages/index.ts';
import { packedFrom } from '../../packages/testing/tarballs.ts';
import { type SigningKey, signaturesText, signPackage } from '../../trust/index.ts';
import { folderSource } from '../folder-source.ts';
import type { RegistryMemory, RegistrySource, Seen } from '../ports.ts';

/** A plugin that a test packs. */
export interface TestPlugin {
  readonly name?: string;
  readonly version?: string;
  /** Lines of its manifest beside what every one has. */
  readonly manifest?: string;
  readonly code?: string;
}

/** A package that a test has. */
export interface TestPackage {
  readonly file: string;
  readonly bytes: Buffer;
  readonly signatures: string;
  readonly digest: Digest;
}

const packed = new Map<string, Promise<TestPackage>>();

/** Packs a plugin, once in a test file, and signs it with each of the keys. */
export function testPackage(plugin: TestPlugin, keys: readonly SigningKey[]): Promise<TestPackage> {
  const what = JSON.stringify([plugin, keys.map(({ publicKey }) => publicKey.id)]);
  const found = packed.get(what) ?? pack(plugin, keys);
  packed.set(what, found);
  return found;
}

async function pack(plugin: TestPlugin, keys: readonly SigningKey[]): Promise<TestPackage> {
  const { name = 'acme-tool', version = '1.2.0', manifest = '', code = 'export default () => ({});' } = plugin;
  const text = manifestText(manifest).replace('acme-tool', name).replace('1.2.0', version);
  const { bytes, digest } = await packFolder(testFolder({ 'plugin.yaml': text, 'index.ts': code }), {
    provenance: packedFrom,
  });
  const opened = await openPackage(bytes);
  const [first, ...others] = keys;
  const signed = first === undefined ? undefined : signPackage(opened, first, undefined);
  const all = others.reduce((document, key) => signPackage(opened, key, document), signed);
  const signatures = all === undefined ? '' : signaturesText(all);
  return { file: packageFileName({ name, version }), bytes, digest, signatures };
}

/** Packs a plugin into a folder, with its signatures beside it where there is a key. */
export async function writePackage(
  folder: string,
  plugin: TestPlugin,
  keys: readonly SigningKey[],
): Promise<{ readonly path: string; readonly digest: Digest }> {
  const { file, bytes, signatures, digest } = await testPackage(plugin, keys);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, file);
  writeFileSync(path, bytes);
  if (keys.length > 0) writeFileSync(`${path}.sig`, signatures);
  return { path, digest };
}

/** Memory that lasts as long as the test. */
export function testMemory(): RegistryMemory {
  const seen = new Map<string, Seen>();
  const places = new Map<string, string>();
  return {
    seen: (id) => seen.get(id),
    at: (location) => places.get(location),
    keep: ({ id, location }, what) => {
      seen.set(id, what);
      places.set(location, id);
    },
  };
}

/** A web server with the files of a folder, or with what `listener` answers; the URL, which ends with a slash. */
export async function webServer(folder: AbsolutePath, listener?: RequestListener): Promise<URL> {
  const source: RegistrySource = folderSource(folder);
  const files: RequestListener = (request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname.slice(1);
    void source.read(path, 2 ** 26).then(
      (bytes) => response.writeHead(bytes === undefined ? 404 : 200).end(bytes),
      () => response.writeHead(500).end(),
    );
  };
  const server = createServer(listener ?? files).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // It listens on a port.
  const { port } = server.address() as AddressInfo;
  return new URL(`http://127.0.0.1:${port}/`);
}
