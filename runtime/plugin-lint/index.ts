export { lintManifest } from './lint-manifest.ts';
export { lintSources, missingInModules, type PluginSources } from './lint-sources.ts';
