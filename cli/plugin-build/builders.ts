import type { Builder } from './builder.ts';
import { isolateBuilder } from './typescript.ts';

/** Every language that `plugin build` knows, in the order in which they are asked. */
export const builders: readonly Builder[] = [isolateBuilder];
