import { type Mutation, swap, without } from './mutation.ts';

const body = 'runtime/capabilities/docker/container-body.ts';
const session = 'runtime/capabilities/docker/session.ts';
const demand = 'runtime/capabilities/docker/demand.ts';
const stages = 'runtime/capabilities/docker/build/stages.ts';
const volume = 'runtime/capabilities/docker/workspace-volume.ts';

/** What holds containers and builds. */
export const containerMutations: readonly Mutation[] = [
  { protection: 'docker-privileges', patches: [swap(body, `CapDrop: ['ALL'],`, 'CapDrop: [],')] },
  {
    protection: 'docker-images',
    patches: [
      swap(
        demand,
        'if (rule.images.some((pattern) => matchesImage(pattern, image))) return { matches: true };',
        'if (rule.images.length > 0) return { matches: true };',
      ),
    ],
  },
  {
    protection: 'docker-mounts',
    patches: [
      swap(volume, 'device: devicePath(folder)', 'device: `${scope.workspace}/${path}`'),
      swap(
        volume,
        "const folder = openFolder(scope.workspace, namesOf(path), 'fail');",
        "const folder = openFolder(scope.workspace, [], 'fail');\n  devicePath(folder);",
      ),
      swap(
        volume,
        "  const folder = namesOf(path).join('/');\n",
        "  if (path !== '') return;\n  const folder = namesOf(path).join('/');\n",
      ),
    ],
  },
  {
    protection: 'docker-network',
    patches: [
      swap(
        session,
        `network: (kind, scope) => once(networks, kind, () => newNetwork(kind, scope)),`,
        `network: () => Promise.resolve('bridge'),`,
      ),
      without(body, `    ...(args.network === 'run' ? { Dns: [noNameServer] } : {}),\n`),
      swap(body, 'EndpointsConfig: { [network]: { Aliases: spec.aliases } },', 'EndpointsConfig: { [network]: {} },'),
    ],
  },
  {
    protection: 'docker-own-containers',
    patches: [
      swap(
        session,
        'const record = session.containers.get(id);',
        `const record: ContainerRecord = session.containers.get(id) ?? {
    ...{ id, name: id, image_id: id, secrets: [], mounts: [], gone: new AbortController(), plugin: scope.owner.plugin.digest },
    image: { registry: 'waterflow.test', repository: 'busybox', version: { kind: 'tag', tag: '1' } },
    uses: { network: 'none', mounts: [], ports: [], user: 'workspace', writes_workspace: false, limits: {} },
  };`,
      ),
    ],
  },
  {
    protection: 'docker-users',
    patches: [
      swap(
        demand,
        `uses.user === 'workspace' || rule.user === 'any',`,
        `uses.user === 'workspace' || rule.images.length > 0,`,
      ),
      swap(
        demand,
        `uses.user === 'workspace' || !uses.writes_workspace,`,
        `uses.user === 'workspace' || rule.images.length > 0,`,
      ),
    ],
  },
  { protection: 'docker-limits', patches: [without(body, '    PidsLimit: limits.processes,\n')] },
  {
    protection: 'docker-ends',
    patches: [
      swap(
        session,
        '{ owns: (labels) => isOfRun(labels, run), built: (label) => label === session.buildMark },',
        '{ owns: (labels) => isOfRun(labels, { ...run, run: `${run.run}-other` }), built: (label) => label === session.buildMark },',
      ),
    ],
  },
  {
    protection: 'docker-builds',
    patches: [without(stages, `  if (keyword === 'ADD') return problemOfAdd(bare);\n`)],
  },
  {
    protection: 'docker-socket',
    patches: [
      swap(
        'runtime/capabilities/exec/bubblewrap-options.ts',
        "['--ro-bind', view.docker, dockerFolderInside]",
        "['--bind', '/run', dockerFolderInside]",
      ),
    ],
  },
];
