export { approvedBy } from './approved-by.ts';
export {
  type BuildRecord,
  buildRecordFile,
  builtFiles,
  findBuilt,
  moduleMemoryBytes,
  outputOf,
  pathOfMain,
  sha256Of,
  unusedBuild,
} from './built.ts';
export {
  type ApprovalCandidate,
  type CatalogueOptions,
  createPluginCatalogue,
  type ListedPlugin,
  type PluginCatalogue,
} from './catalogue.ts';
export { type RunnableManifest, sourcesOf } from './code.ts';
export { cacheTag, cacheTagFile, type PluginFile, readPluginFolder } from './folder.ts';
export { identifyFiles, type LoadOptions, loadPlugin, withCode } from './load.ts';
export { readManifest } from './read.ts';
export { type ReportedPlugins, readReported } from './reported.ts';
export { type RefusePlugin, readPluginManifest, readPluginReadme, stagingName } from './shelf.ts';
export { checkInputs, checkOutputs, inputFields, outputFields, outputProblems } from './values.ts';
export { compareVersions, isVersion } from './versions.ts';
