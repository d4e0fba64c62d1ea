import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attack } from '../../runtime/attacks/attack.ts';
import { corpusFolder } from '../../runtime/attacks/corpus.ts';
import {
  createSupervisor,
  type Supervisor,
  type SupervisorPowers,
  systemPowers,
} from '../../runtime/supervisor/index.ts';
import type { Place } from './stage.ts';

const hostEntry = '/host/main.js';
const confinedApp = '/n/app';

/**
 * A supervisor whose sandbox hosts are the attacker's from the first instruction on, confined as always. Node's permission
 * model is left out: whoever has broken out of an engine doesn't ask it.
 */
export function supervisorTakenOver(attack: Attack, { level }: Pick<Place, 'level'>): Promise<Supervisor> {
  const powers: SupervisorPowers = {
    ...systemPowers,
    spawn: (command, argv, options) => {
      const app = appOf(argv);
      if (app !== undefined) stage(attack, app);
      return systemPowers.spawn(command, argv.filter(isNoPermissionFlag).map(takenOver), options);
    },
  };
  return createSupervisor({ powers, highest_level: level, pool: { spares: { isolate: 0, wasm: 0 } } });
}

/** The folder of the host's own sources, outside of its confinement. */
function appOf(argv: readonly string[]): string | undefined {
  const bound = argv.indexOf(confinedApp);
  const entry = argv.find((word) => word.endsWith(hostEntry));
  return bound > 0 ? argv[bound - 1] : entry?.slice(0, -hostEntry.length);
}

function stage(attack: Attack, app: string): void {
  copyFileSync(join(corpusFolder, 'testing', 'takeover-kit.js'), join(app, 'host', 'takeover-kit.js'));
  copyFileSync(join(attack.folder, 'takeover.js'), join(app, 'host', 'takeover.js'));
}

function takenOver(word: string): string {
  return word.endsWith(hostEntry) ? `${word.slice(0, -hostEntry.length)}/host/takeover.js` : word;
}

function isNoPermissionFlag(word: string): boolean {
  return word !== '--permission' && !word.startsWith('--allow-');
}
