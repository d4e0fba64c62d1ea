export {
  type ApprovalCandidate,
  approvedBy,
  type CatalogueOptions,
  createPluginCatalogue,
  type ListedPlugin,
  type PluginCatalogue,
} from './catalogue.ts';
export { buildRecordFile, type BuildRecord, builtFiles, sha256Of } from './built.ts';
export { pathOfMain, type RunnableManifest, sourcesOf } from './code.ts';
export { type PluginFile, readPluginFolder } from './folder.ts';
export { type LoadOptions, loadPlugin } from './load.ts';
export { readManifest } from './read.ts';
export { readPluginManifest, readPluginReadme } from './shelf.ts';
export { type ReportedPlugins, readReported } from './reported.ts';
export { compareVersions } from './versions.ts';
export { checkInputs, checkOutputs, inputFields, outputFields } from './values.ts';
