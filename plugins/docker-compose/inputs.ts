/** What a step gives; plugin.yaml says what each is. Those with a default there are always given. */
export interface Inputs {
  readonly operation: Operation;
  readonly client: 'auto' | 'plugin' | 'standalone';
  readonly file: string;
  readonly 'project-name'?: string;
  readonly 'env-file'?: string;
  readonly env?: Readonly<Record<string, string | number | boolean>>;
  readonly images: readonly string[];
  readonly 'base-images'?: readonly string[];
  readonly build: boolean;
  readonly services?: readonly string[];
  readonly scale?: Readonly<Record<string, number>>;
  readonly wait: boolean;
  readonly 'wait-timeout'?: string;
  readonly service?: string;
  readonly command?: readonly string[];
  readonly ports?: readonly number[];
  readonly network: 'run' | 'bridge';
  readonly volumes: boolean;
  readonly tail?: number;
  readonly capture: boolean;
  readonly registry?: string;
  readonly username?: string;
  readonly password?: string;
}

export type Operation = 'up' | 'down' | 'build' | 'pull' | 'ps' | 'logs' | 'exec' | 'config';

/** Inputs that only some operations use, beside their defaults. */
const usedBy: Readonly<Partial<Record<keyof Inputs, readonly Operation[]>>> = {
  'base-images': ['up', 'build'],
  build: ['up'],
  services: ['up', 'build', 'pull', 'logs'],
  scale: ['up'],
  'wait-timeout': ['up'],
  service: ['exec'],
  command: ['exec'],
  volumes: ['down'],
  tail: ['logs'],
  capture: ['ps', 'logs', 'exec', 'config'],
  registry: ['up', 'build', 'pull'],
  username: ['up', 'build', 'pull'],
  password: ['up', 'build', 'pull'],
};

/** Throws on what would be ignored, and on paths that docker-compose would take for something else. */
export function checkInputs(inputs: Inputs): void {
  const { operation } = inputs;
  for (const [name, operations] of Object.entries(usedBy)) {
    // A key of usedBy is one of Inputs.
    const value = inputs[name as keyof Inputs];
    if (value !== undefined && value !== false && !operations.includes(operation)) {
      throw new Error(`${name}: operation ${operation} doesn't use it`);
    }
  }
  if (!inputs.wait && operation !== 'up') throw new Error(`wait: operation ${operation} doesn't use it`);
  if (operation === 'exec' && (inputs.service === undefined || inputs.command === undefined)) {
    throw new Error('exec needs service and command');
  }
  if (inputs.ports !== undefined && inputs.network !== 'bridge') throw new Error('ports need network: bridge');
  if (inputs['base-images'] !== undefined && !isBuilding(inputs)) throw new Error('base-images: nothing is built');
  if (!inputs.wait && inputs['wait-timeout'] !== undefined) throw new Error('wait-timeout: nothing is waited for');
  checkCredentials(inputs);
  checkPath('file', inputs.file);
  if (inputs['env-file'] !== undefined) checkPath('env-file', inputs['env-file']);
}

/** Whether images are made of folders of the workspace. */
export function isBuilding({ operation, build }: Pick<Inputs, 'operation' | 'build'>): boolean {
  return operation === 'build' || (operation === 'up' && build);
}

function checkCredentials({ registry, username, password }: Inputs): void {
  if ((username === undefined) !== (password === undefined)) {
    throw new Error('username and password are given together, or neither');
  }
  if (password !== undefined && registry === undefined) throw new Error('registry: say where the password is for');
  if (registry !== undefined && password === undefined) {
    throw new Error('registry says where username and password are for, and they are not given');
  }
}

function checkPath(name: string, path: string): void {
  const inside = !path.startsWith('/') && !path.startsWith('-') && !path.split('/').includes('..');
  if (!inside) throw new Error(`${name}: ${JSON.stringify(path)} is no path within the workspace`);
}

/**
 * What the services belong to: what the step names, or what is the file's own, so that services of two files are none of each other's. The
 * manifest has the form of such a name.
 */
export function projectOf({ file, 'project-name': named }: Pick<Inputs, 'file' | 'project-name'>): string {
  if (named !== undefined) return named;
  const path = file
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return path === 'docker-compose.yml' ? 'app' : `app-${hashOf(path)}`;
}

/** FNV-1a of 32 bits, in hexadecimal digits. Whoever makes two paths come to the same could name the same project, too. */
function hashOf(text: string): string {
  let hash = 0x81_1c_9d_c5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01_00_01_93);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

const millisecondsOf: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `90s`, `5m` or `1h30m` in milliseconds. */
export function millisecondsIn(name: string, text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
  const total = parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (millisecondsOf[unit] ?? 0), 0);
  if (parts.map(([part]) => part).join('') === text && total > 0) return total;
  throw new Error(`${name}: ${JSON.stringify(text)} is no duration such as 90s or 5m`);
}
