export {
  type ApprovalCandidate,
  approvedBy,
  type CatalogueOptions,
  createPluginCatalogue,
  type PluginCatalogue,
} from './catalogue.ts';
export { type LoadOptions, loadPlugin } from './load.ts';
export { readManifest } from './read.ts';
export { readPluginManifest } from './shelf.ts';
export { packPlugin } from './tarball.ts';
export { checkInputs, checkOutputs } from './values.ts';
