/** What a step gives; plugin.yaml says what each is. Those with a default there are always given. */
export interface Inputs {
  readonly operation: Operation;
  readonly image: string;
  readonly command?: readonly string[];
  readonly script?: string;
  readonly entrypoint?: readonly string[];
  readonly env?: Values;
  readonly 'working-directory'?: string;
  readonly user?: string;
  readonly network: 'none' | 'run' | 'bridge';
  readonly mounts?: readonly { readonly path: string; readonly target: string; readonly access: 'read' | 'write' }[];
  readonly volumes?: readonly { readonly name: string; readonly target: string; readonly access: 'read' | 'write' }[];
  readonly tmpfs?: readonly string[];
  readonly 'read-only': boolean;
  readonly pull: 'missing' | 'always' | 'never';
  readonly detach: boolean;
  readonly name?: string;
  readonly ports?: readonly { readonly container: number; readonly host: number }[];
  readonly stdin?: string;
  readonly 'stdin-file'?: string;
  readonly 'stdout-file'?: string;
  readonly capture: boolean;
  readonly container?: string;
  readonly tail?: number;
  readonly context: string;
  readonly dockerfile?: string;
  readonly 'base-images'?: readonly string[];
  readonly 'build-args'?: Values;
  readonly target?: string;
  readonly registry?: string;
  readonly username?: string;
  readonly password?: string;
  readonly memory?: string;
  readonly cpus?: number;
  readonly processes?: number;
  readonly timeout?: string;
}

export type Operation = 'run' | 'exec' | 'logs' | 'wait' | 'remove' | 'build' | 'pull' | 'push' | 'login';

/** Variables and build arguments, as YAML has them. */
type Values = Readonly<Record<string, string | number | boolean>>;

type Name = keyof Inputs;

const container: readonly Name[] = [
  'entrypoint',
  'network',
  'mounts',
  'volumes',
  'tmpfs',
  'read-only',
  'pull',
  'detach',
  'name',
  'ports',
  'processes',
];
const program: readonly Name[] = ['command', 'script', 'env', 'working-directory', 'user', 'stdin', 'stdin-file'];
const output: readonly Name[] = ['stdout-file', 'capture'];
const credentials: readonly Name[] = ['registry', 'username', 'password'];
const limits: readonly Name[] = ['memory', 'cpus', 'timeout'];

/** The inputs that each operation uses, beside `operation` and `image`. */
const used: Readonly<Record<Operation, readonly Name[]>> = {
  run: [...container, ...program, ...output, ...credentials, ...limits],
  exec: ['container', 'timeout', ...program, ...output],
  logs: ['container', 'tail', ...output],
  wait: ['container', 'timeout'],
  remove: ['container'],
  build: ['network', 'context', 'dockerfile', 'base-images', 'build-args', 'target', ...credentials, ...limits],
  pull: ['timeout', ...credentials],
  push: ['timeout', ...credentials],
  login: credentials,
};

/** Those of plugin.yaml: given by nobody, so no mistake where they aren't used. */
const defaults: Partial<Inputs> = {
  network: 'none',
  'read-only': false,
  pull: 'missing',
  detach: false,
  capture: false,
  context: '.',
};

/** Inputs that can't be given together. */
const exclusive: readonly (readonly [Name, Name])[] = [
  ['command', 'script'],
  ['entrypoint', 'script'],
  ['stdin', 'stdin-file'],
  ['capture', 'stdout-file'],
];

/** Throws on inputs that would be ignored otherwise: a step that says something which doesn't happen is a mistake. */
export function checkInputs(inputs: Inputs): void {
  const { operation, detach } = inputs;
  // Of an object that has the inputs' names for keys.
  const given = (Object.keys(inputs) as Name[]).filter((name) => isGiven(inputs, name));
  const useless = given.find((name) => name !== 'operation' && name !== 'image' && !used[operation].includes(name));
  if (useless !== undefined) throw new Error(`${useless}: operation ${operation} doesn't use it`);
  for (const [one, other] of exclusive) {
    if (given.includes(one) && given.includes(other)) throw new Error(`${one} and ${other} can't be given together`);
  }
  if (given.includes('username') !== given.includes('password')) {
    throw new Error('username and password are given together, or neither');
  }
  if (given.includes('registry') && !given.includes('password')) {
    throw new Error('registry says where username and password are for, and they are not given');
  }
  if (operation === 'login' && !given.includes('password')) throw new Error('login needs username and password');
  if (used[operation].includes('container') && !given.includes('container')) {
    throw new Error(`container: operation ${operation} needs the container that another step started with detach`);
  }
  if (operation === 'exec' && !given.includes('command') && !given.includes('script')) {
    throw new Error('exec needs command or script');
  }
  if (operation !== 'run') return;
  const beside: readonly Name[] = detach ? ['stdin', 'stdin-file', ...output] : ['name', 'ports'];
  const wrong = given.find((name) => beside.includes(name));
  if (wrong !== undefined) throw new Error(`${wrong}: a container ${detach ? 'with' : 'without'} detach can't have it`);
  if (given.includes('ports') && inputs.network !== 'bridge') throw new Error('ports need network: bridge');
}

function isGiven(inputs: Inputs, name: Name): boolean {
  return inputs[name] !== undefined && inputs[name] !== defaults[name];
}

/** Values are text on the way to Docker. */
export function textsOf(values: Values | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]));
}
