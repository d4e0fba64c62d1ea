import type { Json } from 'waterflow/plugin';

/** Variables of a host, or of the whole run. */
export type Variables = Readonly<Record<string, Json>>;

/** What a step gives, with the manifest's defaults. */
export interface Inputs {
  readonly playbook: string;
  readonly inventory?: string;
  readonly hosts?: readonly string[] | Readonly<Record<string, Variables | null>>;
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly 'extra-vars'?: Variables;
  readonly limit?: string | readonly string[];
  readonly tags?: string | readonly string[];
  readonly 'skip-tags'?: string | readonly string[];
  readonly check: boolean;
  readonly diff: boolean;
  readonly connection: 'ssh' | 'local';
  readonly user?: string;
  readonly 'private-key'?: string;
  readonly password?: string;
  readonly 'known-hosts'?: string;
  readonly become: boolean;
  readonly 'become-user'?: string;
  readonly 'become-password'?: string;
  readonly 'vault-password'?: string;
  readonly config?: string;
  readonly forks: number;
  readonly 'connect-timeout': number;
  readonly verbosity: number;
}

const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/;
const hostName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/;
/** What may be connected to: a name or an address. ssh would take another text for an option. */
const address = /^[A-Za-z0-9_:[][A-Za-z0-9_.:%[\]-]{0,252}$/;
/** Names, `*` and `?`, ranges, `:` and `,` between them, `!`, `&`, and `~` with a regular expression. No `@`: Ansible reads that file. */
const limitPattern = /^[A-Za-z0-9_.,:*?![\]&~^$|()+ -]{1,4096}$/;

/** What Ansible's connection by ssh takes for the host. */
const addressVariables = ['ansible_host', 'ansible_ssh_host'];

/** By these the node keeps to hosts whose keys are known. */
const ownVariables = ['ansible_ssh_args', 'ansible_host_key_checking', 'ansible_ssh_host_key_checking'];

/** Throws on what Ansible would take for something else, or not take at all. */
export function checkInputs(inputs: Inputs): void {
  checkPath('playbook', inputs.playbook);
  checkPath('config', inputs.config);
  checkPath('inventory', inputs.inventory);
  if (inputs.inventory?.includes(',')) {
    throw new Error('inventory: Ansible takes a name with a comma for a list of hosts; give those as `hosts`');
  }
  checkHosts(inputs);
  checkVariables('extra-vars', inputs['extra-vars'] ?? {});
  const own = ownVariables.find((name) => Object.hasOwn(inputs['extra-vars'] ?? {}, name));
  if (own !== undefined) {
    throw new Error(
      `extra-vars: ${own} is the node's own; host keys are given by \`known-hosts\`, options of ssh by ansible_ssh_common_args`,
    );
  }
  const limit = joined(inputs.limit);
  if (limit !== undefined && !limitPattern.test(limit)) {
    throw new Error('limit: it is names, groups and patterns, never a file (`@`)');
  }
  for (const name of ['tags', 'skip-tags'] as const) {
    const tags = joined(inputs[name]);
    if (tags !== undefined && (tags.startsWith('-') || hasControl(tags))) {
      throw new Error(`${name}: a tag is one line and doesn't begin with \`-\``);
    }
  }
}

/** With commas, as Ansible takes lists. */
export function joined(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(',');
}

/** That it lies in the workspace and is no option the permissions see to; here is refused what Ansible reads as another path than is written. */
function checkPath(name: string, path: string | undefined): void {
  if (path === undefined) return;
  if (/^[/~"'@]/.test(path) || path.includes('$') || path.includes('{{') || hasControl(path)) {
    throw new Error(
      `${name}: a path is relative to the workspace, begins with none of \`/ ~ @\` and quotes, and has no \`$\`, \`{{\` or line break`,
    );
  }
}

function checkHosts({ hosts, groups = {} }: Inputs): void {
  const variables: Readonly<Record<string, Variables | null>> = hostsOf(hosts);
  const names = Object.keys(variables);
  if (hosts !== undefined && names.length === 0) throw new Error('hosts: it names none');
  for (const name of names) {
    if (!hostName.test(name)) throw new Error(`hosts: ${shown(name)} is not a host's name`);
    const own = variables[name] ?? {};
    checkVariables(`hosts.${name}`, own);
  }
  for (const [group, members] of Object.entries(groups)) {
    if (!variableName.test(group) || group === 'all' || group === 'ungrouped') {
      throw new Error(
        `groups: ${shown(group)} is not a group's name: letters, digits and _, and neither all nor ungrouped`,
      );
    }
    const unknown = members.find((name) => !Object.hasOwn(variables, name));
    if (unknown !== undefined) throw new Error(`groups.${group}: ${shown(unknown)} is not among \`hosts\``);
  }
}

/** Each host with its variables. */
export function hostsOf(hosts: Inputs['hosts']): Readonly<Record<string, Variables | null>> {
  if (hosts === undefined) return {};
  return isList(hosts) ? Object.fromEntries(hosts.map((name) => [name, null])) : hosts;
}

function isList(hosts: NonNullable<Inputs['hosts']>): hosts is readonly string[] {
  return Array.isArray(hosts);
}

function checkVariables(where: string, variables: Variables): void {
  const wrong = Object.keys(variables).find((name) => !variableName.test(name));
  if (wrong !== undefined) throw new Error(`${where}: ${shown(wrong)} is not a variable's name`);
  for (const name of addressVariables) {
    const target = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (target !== undefined && (typeof target !== 'string' || !address.test(target))) {
      throw new Error(`${where}: ${name} is a name or an address`);
    }
  }
}

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

/** A text that may be anything, for a message. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
