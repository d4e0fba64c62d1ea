import type { Builder } from './builder.ts';
import { assemblyScript } from './guests/assemblyscript.ts';
import { c } from './guests/c.ts';
import { go } from './guests/go.ts';
import { guestBuilder } from './guests/guest-builder.ts';
import { rust } from './guests/rust.ts';
import { isolateBuilder } from './typescript.ts';
import { moduleBuilder } from './typescript-module.ts';

/** Every language that `plugin build` knows, in the order in which they are asked. */
export const builders: readonly Builder[] = [
  isolateBuilder,
  moduleBuilder,
  ...[assemblyScript, rust, go, c].map(guestBuilder),
];
