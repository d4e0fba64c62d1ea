export { lintManifest } from './lint-manifest.ts';
export { lintSources, type PluginSources } from './lint-sources.ts';
