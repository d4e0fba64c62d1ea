export {
  type ApprovalCandidate,
  approvedBy,
  type CatalogueOptions,
  createPluginCatalogue,
  type ListedPlugin,
  type PluginCatalogue,
} from './catalogue.ts';
export { type LoadOptions, loadPlugin } from './load.ts';
export { type ReportedPlugins, readReported } from './reported.ts';
export { checkInputs, checkOutputs } from './values.ts';
