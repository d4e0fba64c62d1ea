import { createHash } from 'node:crypto';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { assertNever } from '../../../schemas/index.ts';
import { CallFailure, type ExecSandbox } from '../capability.ts';
import { type BinarySearch, findBinaryIfThere } from './binary.ts';
import { hostOptions, workspaceOptions } from './bubblewrap-options.ts';
import type { ExecFolder, Owner } from './folder.ts';
import { type BubblewrapAbilities, inspectBubblewrap, startNamespaced } from './namespaced.ts';
import { createOrphanGuard } from './orphan-guard.ts';
import type { ExecPowers } from './powers.ts';
import type { Launch, RunningProgram } from './program.ts';
import { programFilter } from './program-filter.ts';
import type { Profile } from './rule.ts';
import { startScanned } from './scanned.ts';

/** How a program will be confined, decided before it starts. */
interface Confinement {
  /** For the audit: what holds the program's tree together. */
  readonly kind: 'bubblewrap' | 'pid namespace' | 'process group';
  /** In the program's environment as WATERFLOW_EXEC_ID. */
  readonly id: string;
  start(launch: Launch): RunningProgram;
}

/** What the decision goes by. */
interface ConfinementRequest {
  readonly profile: Profile;
  readonly sandbox: ExecSandbox;
  /** With every link followed, and as the agent knows it. */
  readonly workspace: AbsolutePath;
  readonly alias: AbsolutePath;
  readonly folder: ExecFolder;
  readonly owner: Owner;
  /** The folder of its docker socket, if it has one. */
  readonly docker: AbsolutePath | undefined;
  /** Names of the files that were made up for /etc in profile workspace. */
  readonly etc: readonly string[];
  /** Whether the agent enters the namespaces, as the program's own user. */
  readonly entry: 'as the same user' | 'as root or not at all';
  /** Random. */
  readonly id: string;
  /** Where the agent's own helpers come from. */
  readonly search: BinarySearch;
}

/** Makes one decision after another for the same machine; what bubblewrap can do is found out once. */
export type Confine = (request: ConfinementRequest) => Promise<Confinement>;

/** Decides over one machine's programs. Throws CallFailure where a profile can't be had there. */
export function createConfine(powers: ExecPowers): Confine {
  const abilities = new Map<AbsolutePath, Promise<BubblewrapAbilities>>();
  const watchOrphans = createOrphanGuard(powers);
  const abilitiesOf = (bwrap: AbsolutePath): Promise<BubblewrapAbilities> => {
    const known = abilities.get(bwrap) ?? inspectBubblewrap(bwrap, hostOptions, powers);
    abilities.set(bwrap, known);
    // What kept it from being asked (no process to be had) may be over the next time.
    known.catch(() => abilities.delete(bwrap));
    return known;
  };
  return async (request) => {
    const { profile, sandbox, id, search } = request;
    const { bwrap } = sandbox;
    switch (profile) {
      case 'workspace':
        if (bwrap === undefined) throw unavailable('bubblewrap does not work on this machine');
        return confineToWorkspace(request, {
          bwrap,
          abilities: await abilitiesOf(bwrap),
          mark: await watchOrphans({ among: { marked: 'command line', bwrap }, id, search }),
          powers,
        });
      case 'host':
        if (bwrap !== undefined && (await abilitiesOf(bwrap)).hostNamespace === 'works') {
          const mark = await watchOrphans({ among: { marked: 'command line', bwrap }, id, search });
          const setup = {
            bwrap,
            prlimit: sandbox.prlimit,
            options: hostOptions,
            user: undefined,
            filter: undefined,
            mark,
          };
          return { kind: 'pid namespace', id, start: (launch) => startNamespaced(launch, setup, powers) };
        }
        return groupProcesses(request, await watchOrphans({ among: { marked: 'environment' }, id, search }), powers);
      default:
        return assertNever(profile);
    }
  };
}

/** Why profile workspace can't be had. It never becomes profile host instead. */
export function unavailable(why: string): CallFailure {
  return new CallFailure('CONFINEMENT_UNAVAILABLE', `the program can't be confined to the workspace: ${why}`, {
    rule: 'exec profile: workspace',
    remedy: 'Install bubblewrap and allow user namespaces (`waterflow doctor` shows what is missing).',
  });
}

function confineToWorkspace(
  request: ConfinementRequest,
  machine: {
    readonly bwrap: AbsolutePath;
    readonly abilities: BubblewrapAbilities;
    readonly mark: string;
    readonly powers: ExecPowers;
  },
): Confinement {
  const { bwrap, abilities, mark, powers } = machine;
  const isEntered = request.entry === 'as the same user';
  const closed = abilities.disableUserNamespaces === 'supported' ? 'closed' : 'open';
  const filter = programFilter(process.arch);
  if (filter === undefined) throw unavailable(`there is no filter for the architecture ${process.arch}`);
  return {
    kind: 'bubblewrap',
    id: request.id,
    start(launch) {
      const { binary, copy } = launch;
      const view = { ...request, binary, copy, userNamespace: isEntered ? 'one, to be entered' : closed } as const;
      const setup = {
        bwrap,
        prlimit: request.sandbox.prlimit,
        options: workspaceOptions(view),
        user: request.owner,
        filter,
        mark,
      };
      return startNamespaced(launch, setup, powers);
    },
  };
}

async function groupProcesses(request: ConfinementRequest, mark: string, powers: ExecPowers): Promise<Confinement> {
  const { sandbox, search } = request;
  const setpriv = findBinaryIfThere('setpriv', search);
  const id = `${mark}-${request.id}`;
  const marks = {
    variable: `WATERFLOW_EXEC_ID=${id}`,
    queueLimit: sandbox.prlimit === undefined ? undefined : queueLimitOf(id),
  };
  const setup = { prlimit: sandbox.prlimit, setpriv: setpriv?.path, marks };
  return { kind: 'process group', id, start: (launch) => startScanned(launch, setup, powers) };
}

/** A number of bytes below the usual limit of 819,200, as good as unique among the execs that run at one time. */
function queueLimitOf(id: string): number {
  return 200_000 + (createHash('sha256').update(id).digest().readUInt32BE(0) % 600_000);
}
