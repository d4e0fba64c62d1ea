import { bytesOfBase64 } from './base64.ts';
import type { Calls } from './calls.ts';
import type {
  Host,
  HostDocker,
  HostEnv,
  HostExec,
  HostFs,
  HostMail,
  HostNet,
  HostSecrets,
  HostSsh,
  HostStore,
} from './types/host.d.ts';

/** Makes the `host` of one invocation: thin helpers over named calls. `capabilities` are those that the manifest requests. */
export function createHost(calls: Calls, capabilities: readonly string[]): Host {
  const ambient = {
    log: (text: unknown) => calls.post('log', 'write', { text: String(text) }),
    now: () => typed<number>(calls.start('clock', 'now', {})),
    sleep: async (milliseconds: number) => void (await calls.start('sleep', 'for', { ms: milliseconds })),
    random: Object.freeze({
      bytes: async (length: number) => bytesOfBase64(await typed<string>(calls.start('random', 'bytes', { length }))),
      uuid: () => typed<string>(calls.start('random', 'uuid', {})),
    }),
    signal: Object.freeze({ cancelled: () => typed<boolean>(calls.start('signal', 'cancelled', {})) }),
    call: calls.start,
  };
  const helpers: Record<string, unknown> = {};
  if (capabilities.includes('net')) helpers['net'] = createNet(calls);
  if (capabilities.includes('exec')) helpers['exec'] = createExec(calls);
  if (capabilities.includes('docker')) helpers['docker'] = createDocker(calls);
  if (capabilities.includes('fs')) helpers['fs'] = createFs(calls);
  if (capabilities.includes('store')) helpers['store'] = createStore(calls);
  if (capabilities.includes('ssh')) helpers['ssh'] = createSsh(calls);
  if (capabilities.includes('mail')) helpers['mail'] = createMail(calls);
  if (capabilities.includes('secrets')) helpers['secrets'] = createSecrets(calls);
  if (capabilities.includes('env')) helpers['env'] = createEnv(calls);
  const host = Object.assign(ambient, helpers);
  let step: unknown;
  // Asked for at its first use only: most plugins never look, and a call costs a record.
  Object.defineProperty(host, 'step', {
    enumerable: true,
    get: () => {
      step ??= Object.freeze(calls.now('step', 'info', {}));
      return step;
    },
  });
  // `step` was defined above; helpers of capabilities that aren't requested are left out on purpose (the manifest says so).
  return Object.freeze(host) as unknown as Host;
}

/** The agent answers what docs/host-calls.md says; the guest has nothing to check it against. */
function typed<Value>(answer: Promise<unknown>): Promise<Value> {
  return answer as Promise<Value>;
}

function createNet(calls: Calls): HostNet {
  return Object.freeze({ request: (request) => typed(calls.start('net', 'request', request)) } satisfies HostNet);
}

function createExec(calls: Calls): HostExec {
  return Object.freeze({ run: (command) => typed(calls.start('exec', 'run', command)) } satisfies HostExec);
}

function createDocker(calls: Calls): HostDocker {
  const start = <Value>(operation: string, args: object) => typed<Value>(calls.start('docker', operation, args));
  const done = async (operation: string, args: object) => void (await calls.start('docker', operation, args));
  return Object.freeze({
    run: (container) => start('run', container),
    start: (container) => start('start', container),
    exec: (program) => start('exec', program),
    logs: (request) => start('logs', request),
    wait: (request) => start('wait', request),
    status: (container, options) => start('status', { ...options, container }),
    remove: (container) => done('remove', { container }),
    pull: (image, options) => start('pull', { ...options, image }),
    push: (image, options) => start('push', { ...options, image }),
    login: (credentials) => done('login', credentials),
    build: (build) => start('build', build),
    createVolume: (name) => done('create_volume', { name }),
    removeVolume: (name) => done('remove_volume', { name }),
  } satisfies HostDocker);
}

function createFs(calls: Calls): HostFs {
  const start = <Value>(operation: string, args: object) => typed<Value>(calls.start('fs', operation, args));
  const done = async (operation: string, args: object) => void (await calls.start('fs', operation, args));
  return Object.freeze({
    read: (path, options) => start('read', { ...options, path }),
    write: (path, content, options) => done('write', { ...options, path, content }),
    list: (path) => start('list', { path }),
    stat: (path) => start('stat', { path }),
    mkdir: (path) => done('mkdir', { path }),
    remove: (path) => done('remove', { path }),
    copy: (from, to) => done('copy', { from, to }),
    move: (from, to) => done('move', { from, to }),
    hash: (path) => start('hash', { path }),
    glob: (pattern) => start('glob', { pattern }),
    pack: (from, to, options) => start('pack', { ...options, from, to }),
    unpack: (from, to, options) => start('unpack', { ...options, from, to }),
  } satisfies HostFs);
}

function createStore(calls: Calls): HostStore {
  const start = <Value>(operation: string, args: object) => typed<Value>(calls.start('store', operation, args));
  return Object.freeze({
    get: (key) => start('get', { key }),
    set: (key, value, options) => start('set', { ...options, key, value }),
    compareAndSet: (key, change) => start('compare_and_set', { ...change, key }),
    delete: (key, options) => start('delete', { ...options, key }),
    list: (options) => start('list', { ...options }),
    save: (key, what) => start('save', { ...what, key }),
    load: (key, to) => start('load', { key, to }),
    saved: (options) => start('saved', { ...options }),
  } satisfies HostStore);
}

function createSsh(calls: Calls): HostSsh {
  const start =
    <Value>(operation: string) =>
    (args: object) =>
      typed<Value>(calls.start('ssh', operation, args));
  const done = (operation: string) => async (args: object) => void (await calls.start('ssh', operation, args));
  return Object.freeze({
    exec: start('exec'),
    upload: start('upload'),
    download: start('download'),
    list: start('list'),
    stat: start('stat'),
    mkdir: done('mkdir'),
    remove: done('remove'),
    rename: done('rename'),
  } satisfies HostSsh);
}

function createMail(calls: Calls): HostMail {
  return Object.freeze({ send: (message) => typed(calls.start('mail', 'send', message)) } satisfies HostMail);
}

function createSecrets(calls: Calls): HostSecrets {
  return Object.freeze({ get: (name) => typed<string>(calls.start('secrets', 'get', { name })) } satisfies HostSecrets);
}

function createEnv(calls: Calls): HostEnv {
  return Object.freeze({
    set: (variables) => typed(calls.start('env', 'set', { variables })),
    addPath: async (folders) => void (await calls.start('env', 'add_path', { folders })),
  } satisfies HostEnv);
}
