export { lintManifest, unwrittenReasons } from './lint-manifest.ts';
export { lintSources, missingInModules, type PluginSources } from './lint-sources.ts';
