/** Keys of a service that the agent's docker socket denies, and what to do instead. `values` are denied; without them each is but those of `except`. */
const denied: Readonly<Record<string, { readonly except?: RegExp; readonly remedy: string }>> = {
  privileged: { except: /^false$/, remedy: 'no container has privileges' },
  network_mode: { except: /^(?:none|bridge|default)$/, remedy: "a service has the step's `network`" },
  pid: { remedy: "no container sees others' processes" },
  ipc: { except: /^private$/, remedy: "no container shares others' memory" },
  userns_mode: { remedy: 'no container has the users of the machine' },
  devices: { remedy: 'no container has devices' },
  cap_add: { remedy: 'no container has capabilities' },
  security_opt: { remedy: 'no container changes its confinement' },
  cgroup_parent: { remedy: 'no container chooses its control group' },
  restart: { except: /^['"]?no['"]?$/, remedy: 'a container is started by a step, once' },
  healthcheck: { remedy: 'wait by `exec` with `retry` instead' },
  hostname: { remedy: 'others find a service by its name' },
  tty: { except: /^false$/, remedy: 'there is no terminal here' },
  extra_hosts: { remedy: 'no container gets names for addresses' },
  provider: { remedy: 'no program of the machine is run for a service' },
  post_start: { remedy: 'run it by `exec`' },
  pre_stop: { remedy: 'run it by `exec`' },
};

/**
 * What of a Compose file the agent would deny once half of the services are up. `text` is what `docker-compose config` prints: block style,
 * two spaces a level, so that a line which begins with four spaces and a key is a key of a service and nothing else. It spares a failure halfway;
 * what decides is the agent's docker socket.
 */
export function problemsOf(text: string): readonly string[] {
  const problems: string[] = [];
  let section = '';
  let service = '';
  for (const line of text.split('\n')) {
    const [, spaces = '', key = '', value = ''] = /^( *)([^\s:#'"-][^:]*):(?: (.*))?$/.exec(line) ?? [];
    if (key === '') continue;
    if (spaces.length === 0) section = key;
    else if (spaces.length === 2) service = key;
    else if (spaces.length === 4 && section === 'services' && Object.hasOwn(denied, key)) {
      const { except, remedy } = denied[key] ?? { remedy: '' };
      if (except?.test(value) !== true) problems.push(`${service}.${key}: ${remedy}`);
    }
  }
  return problems;
}

/** The names of the file's services, from the same text. */
export function servicesOf(text: string): readonly string[] {
  const names: string[] = [];
  let section = '';
  for (const line of text.split('\n')) {
    const [, spaces, key = ''] = /^(|  )([A-Za-z0-9._-]+|'[^']*'|"[^"]*"):/.exec(line) ?? [];
    if (spaces === '') section = key;
    else if (spaces === '  ' && section === 'services') names.push(key.replaceAll(/^['"]|['"]$/g, ''));
  }
  return names;
}
