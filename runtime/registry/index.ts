export { type BuildOptions, type Built, buildRegistry } from './build.ts';
export { openRegistry, type Registry } from './client.ts';
export { findVersion, type RegistryUses } from './find-version.ts';
export { folderSource } from './folder-source.ts';
export { httpSource } from './http-source.ts';
export { folderMemory } from './memory.ts';
