export { type Pin, type RunAttempt } from './pins.ts';
export { openPluginVersions, type PluginVersions } from './versions.ts';
