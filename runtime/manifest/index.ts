export {
  type ApprovalCandidate,
  approvedBy,
  type CatalogueOptions,
  createPluginCatalogue,
  type ListedPlugin,
  type PluginCatalogue,
} from './catalogue.ts';
export { type LoadOptions, loadPlugin } from './load.ts';
export { readPluginManifest, readPluginReadme } from './shelf.ts';
export { type ReportedPlugins, readReported } from './reported.ts';
export { checkInputs, checkOutputs, inputFields, outputFields } from './values.ts';
