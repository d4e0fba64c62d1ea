import { cpSync } from 'node:fs';
import { type AbsolutePath, WaterflowFailure } from '../../../schemas/index.ts';
import { testFolder } from '../../manifest/testing/folder.ts';
import { createSigningKey, type SigningKey } from '../../trust/index.ts';
import { type BuildOptions, type Built, buildRegistry } from '../build.ts';
import { openRegistry, type Registry } from '../client.ts';
import { folderSource } from '../folder-source.ts';
import type { RegistryMemory, RegistrySource } from '../ports.ts';
import { testMemory, writePackage } from './registries.ts';

/** The registry's key. */
export const key: SigningKey = createSigningKey();
/** Of who signs the packages. */
export const author: SigningKey = createSigningKey();
export const dayMs = 86_400_000;
/** When registries of tests are built and visited, where nothing else is said. */
export const start: number = Date.parse('2026-01-01T00:00:00Z');

/** Builds a registry that is good for thirty days. */
export function built(folder: AbsolutePath, options: Partial<BuildOptions> = {}): Promise<Built> {
  return buildRegistry(folder, { key, lifetimeMs: 30 * dayMs, now: start, ...options });
}

/** A registry with one package, built so often, and what each build left. */
export async function registryOf(
  builds = 1,
): Promise<{ readonly folder: AbsolutePath; readonly states: readonly AbsolutePath[] }> {
  const folder = testFolder({});
  await writePackage(folder, {}, [author]);
  const states: AbsolutePath[] = [];
  for (let each = 0; each < builds; each += 1) {
    await built(folder);
    const state = testFolder({});
    cpSync(folder, state, { recursive: true });
    states.push(state);
  }
  return { folder, states };
}

/** Who visits a registry, and when. */
export interface Visit {
  readonly memory?: RegistryMemory;
  readonly now?: number;
  readonly accept?: boolean;
  /** Ids of registries that are meant. */
  readonly meant?: readonly string[];
  /** Where it seems to lie. */
  readonly location?: string;
}

/** Opens a registry. */
export function visited(source: RegistrySource, how: Visit = {}): Promise<Registry> {
  const { memory = testMemory(), now = start, accept = true, meant = [] } = how;
  return openRegistry(source, { memory, now, meant, accept: () => accept });
}

/** Opens a registry in a folder. */
export function visit(folder: AbsolutePath, how: Visit = {}): Promise<Registry> {
  return visited({ ...folderSource(folder), ...(how.location === undefined ? {} : { location: how.location }) }, how);
}

/** The code of the error that it ends with, or `none`. */
export async function codeOf(act: Promise<unknown>): Promise<string> {
  return await act.then(
    () => 'none',
    (error: unknown) => (error instanceof WaterflowFailure ? error.error.code : String(error)),
  );
}
