export { type KnownPlugins, lintPolicy } from './lint.ts';
