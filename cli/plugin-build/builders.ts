import type { Builder } from './builder.ts';
import { isolateBuilder } from './typescript.ts';
import { moduleBuilder } from './typescript-module.ts';

/** Every language that `plugin build` knows, in the order in which they are asked. */
export const builders: readonly Builder[] = [isolateBuilder, moduleBuilder];
