import { act } from './act.ts';
import type { Contestant } from './contestant.ts';
import { luigi } from './luigi.ts';
import { prefect } from './prefect.ts';
import { sandboxes } from './sandboxes.ts';
import { onTemporal } from './temporal.ts';
import { waterflow } from './waterflow.ts';

/** Everybody, in the order in which they take turns. `launcher`: of the package of Waterflow that is measured. */
export function contestants(launcher: string): readonly Contestant[] {
  return [waterflow(launcher), ...onTemporal(launcher), prefect, luigi, act, ...sandboxes];
}
