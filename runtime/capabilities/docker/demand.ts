import { assertNever } from '../../../schemas/index.ts';
import type { Check } from '../capability.ts';
import { refusal, refusalAfter } from '../refusal.ts';
import type { ImageName } from './image-name.ts';
import { deniesImage, deniesRegistry, describeImage, matchesImage, reachesRegistry } from './image-pattern.ts';
import {
  type DockerLimits,
  type DockerMount,
  type DockerNetwork,
  type DockerOperation,
  type DockerRule,
  dockerNetworks,
} from './rule.ts';

/**
 * One thing that a request to the Docker daemon needs, whoever made the request: a host call, or a client that speaks the Engine API
 * through the agent. A request has one demand or several, and each needs a rule in every layer. What a demand has no
 * word for (privileges, devices, capabilities, host namespaces, security options…) can't be granted: who turns a request into
 * demands refuses a request that holds it.
 */
export type DockerDemand =
  /** To do something at all, before it is known with which image: `exec` in a container by its id. */
  | { readonly kind: 'operation'; readonly operation: DockerOperation }
  /** To fetch (`pull`), send (`push`) or name (`build`, the tag of what is built) an image, or read a container's logs. */
  | { readonly kind: 'image'; readonly operation: DockerOperation; readonly image: ImageName }
  /** To build upon an image, which fetches it where it isn't there: whoever may pull or build it may. */
  | { readonly kind: 'base'; readonly image: ImageName }
  /** To make a container or run something in it. */
  | {
      readonly kind: 'container';
      readonly operation: 'run' | 'exec' | 'compose';
      readonly image: ImageName;
      readonly uses: ContainerUses;
    }
  /** To carry out the instructions of a Dockerfile. */
  | { readonly kind: 'build'; readonly network: DockerNetwork; readonly limits: AskedLimits }
  /** To make or remove a volume of the run, with no driver and no options. */
  | { readonly kind: 'volume'; readonly operation: 'run' | 'compose' }
  /** To hand credentials to a registry. */
  | { readonly kind: 'registry'; readonly registry: string };

/** What a container asks for. */
export interface ContainerUses {
  readonly network: DockerNetwork;
  readonly mounts: readonly DockerMount[];
  /** Host ports on 127.0.0.1. */
  readonly ports: readonly number[];
  /** `workspace`: the workspace's owner, as the agent fills it in; `other`: anything that is named. */
  readonly user: 'workspace' | 'other';
  /** Whether it can write to the workspace: then it must be the workspace's owner, or it could leave files of root's there. */
  readonly writes_workspace: boolean;
  readonly limits: AskedLimits;
}

/** Of what the request names; for the rest the rule's own limit holds. */
export type AskedLimits = Partial<DockerLimits>;

/** Whether this rule allows what is demanded. Pure. */
export function checkDocker(rule: DockerRule, demand: DockerDemand): Check {
  switch (demand.kind) {
    case 'operation':
      return checkOperation(rule, [demand.operation]);
    case 'image':
      return first(checkOperation(rule, [demand.operation]), checkImage(rule, demand.image));
    case 'base':
      return first(checkOperation(rule, ['build', 'pull']), checkImage(rule, demand.image));
    case 'container':
      return first(
        checkOperation(rule, [demand.operation]),
        checkImage(rule, demand.image),
        () => checkUses(rule, demand.uses),
        () => checkLimits(rule, demand.uses.limits),
      );
    case 'build':
      return first(
        checkOperation(rule, ['build']),
        checkNetwork(rule, demand.network),
        checkLimits(rule, demand.limits),
      );
    case 'volume':
      return first(checkOperation(rule, [demand.operation]), checkMount(rule, 'volume'));
    case 'registry':
      return first(checkOperation(rule, ['login']), checkRegistry(rule, demand.registry));
    default:
      return assertNever(demand);
  }
}

/**
 * Whether a deny rule takes the demand: its images and operations meet it, and of the further keys that the rule names one does,
 * if it names any. `deny: docker: [{ images: ["*"], operations: [run], network: bridge }]` forbids no container without network.
 */
export function deniesDocker(rule: DockerRule, demand: DockerDemand): boolean {
  if (!operationsOf(demand).some((operation) => rule.operations.includes(operation))) return false;
  const image = imageOf(demand);
  if (image !== undefined && !rule.images.some((pattern) => deniesImage(pattern, image))) return false;
  // What has no image yet is asked again when it has; a rule about certain images doesn't forbid it before.
  if (image === undefined && !deniesWithoutImage(rule, demand)) return false;
  const further = furtherOf(rule, demand);
  return further.length === 0 || further.includes(true);
}

function deniesWithoutImage(rule: DockerRule, demand: DockerDemand): boolean {
  if (demand.kind === 'registry') return rule.images.some((pattern) => deniesRegistry(pattern, demand.registry));
  return rule.images.some(({ kind }) => kind === 'any');
}

/** For each further key that a deny rule names, whether the demand uses what it says. */
function furtherOf(rule: DockerRule, demand: DockerDemand): readonly boolean[] {
  const uses = usesOf(demand);
  const found: boolean[] = [];
  if (rule.names.has('network')) found.push(uses !== undefined && rank(uses.network) >= rank(rule.network));
  if (rule.names.has('mounts')) found.push(uses?.mounts.some((mount) => rule.mounts.includes(mount)) === true);
  if (rule.names.has('ports')) found.push(uses?.ports.some((port) => rule.ports.includes(port)) === true);
  if (rule.names.has('user')) found.push(uses !== undefined && (rule.user === 'any' || uses.user === rule.user));
  return found;
}

function usesOf(demand: DockerDemand): Pick<ContainerUses, 'network' | 'mounts' | 'ports' | 'user'> | undefined {
  switch (demand.kind) {
    case 'container':
      return demand.uses;
    case 'build':
      return { network: demand.network, mounts: [], ports: [], user: 'other' };
    case 'volume':
      return { network: 'none', mounts: ['volume'], ports: [], user: 'workspace' };
    case 'operation':
    case 'image':
    case 'base':
    case 'registry':
      return undefined;
    default:
      return assertNever(demand);
  }
}

function operationsOf(demand: DockerDemand): readonly DockerOperation[] {
  switch (demand.kind) {
    case 'operation':
    case 'image':
    case 'container':
    case 'volume':
      return [demand.operation];
    case 'base':
      return ['build', 'pull'];
    case 'build':
      return ['build'];
    case 'registry':
      return ['login'];
    default:
      return assertNever(demand);
  }
}

function imageOf(demand: DockerDemand): ImageName | undefined {
  return 'image' in demand ? demand.image : undefined;
}

/** The first that doesn't match. */
function first(...checks: readonly (Check | (() => Check))[]): Check {
  let met = 0;
  for (const given of checks) {
    const check = typeof given === 'function' ? given() : given;
    if (!check.matches) return met === 0 ? check : refusalAfter(met, check);
    met += 1;
  }
  return { matches: true };
}

function unless(matches: boolean, why: string, remedy?: string): Check {
  if (matches) return { matches };
  return remedy === undefined ? { matches, why } : { matches, why, remedy };
}

function checkOperation(rule: DockerRule, anyOf: readonly DockerOperation[]): Check {
  if (anyOf.some((operation) => rule.operations.includes(operation))) return { matches: true };
  return refusal(() => `it allows ${rule.operations.join(', ')}, not ${anyOf.join(' or ')}`);
}

function checkImage(rule: DockerRule, image: ImageName): Check {
  if (rule.images.some((pattern) => matchesImage(pattern, image))) return { matches: true };
  return refusal(() => {
    const patterns = rule.images.map(({ text }) => `\`${text}\``).join(', ');
    return `it is for ${patterns}, not ${describeImage(image)}`;
  });
}

function checkRegistry(rule: DockerRule, registry: string): Check {
  return unless(
    rule.images.some((pattern) => reachesRegistry(pattern, registry)),
    `none of its images is at the registry \`${registry}\``,
  );
}

function checkUses(rule: DockerRule, uses: ContainerUses): Check {
  const port = uses.ports.find((asked) => !rule.ports.includes(asked));
  return first(
    checkNetwork(rule, uses.network),
    ...uses.mounts.map((mount) => checkMount(rule, mount)),
    unless(port === undefined, `the port ${port} is not in its \`ports\``),
    unless(
      uses.user === 'workspace' || rule.user === 'any',
      "its containers run as the workspace's owner: it doesn't say `user: any`",
    ),
    unless(
      uses.user === 'workspace' || !uses.writes_workspace,
      "what can write to the workspace runs as the workspace's owner",
      'Leave `user` out, or mount the folder to read only.',
    ),
  );
}

function rank(network: DockerNetwork): number {
  return dockerNetworks.indexOf(network);
}

function checkNetwork(rule: DockerRule, network: DockerNetwork): Check {
  return unless(rank(network) <= rank(rule.network), `its \`network\` is \`${rule.network}\`, not \`${network}\``);
}

function checkMount(rule: DockerRule, mount: DockerMount): Check {
  return unless(rule.mounts.includes(mount), `\`${mount}\` is not in its \`mounts\``);
}

function checkLimits(rule: DockerRule, asked: AskedLimits): Check {
  const units = {
    memory_bytes: 'bytes of memory',
    cpu_millis: 'thousandths of a processor',
    processes: 'processes',
    time_ms: 'ms',
  };
  const checks = (Object.keys(units) as (keyof DockerLimits)[]).map((key): Check => {
    const wanted = asked[key];
    const most = rule.limits[key];
    return unless(wanted === undefined || wanted <= most, `it allows ${most} ${units[key]}, not ${wanted}`);
  });
  return first(...checks);
}
