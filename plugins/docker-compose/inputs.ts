/** What a step gives; plugin.yaml says what each is. Those with a default there are always given. */
export interface Inputs {
  readonly operation: Operation;
  readonly file: string;
  readonly 'project-name': string;
  readonly 'env-file'?: string;
  readonly env?: Readonly<Record<string, string | number | boolean>>;
  readonly images: readonly string[];
  readonly services?: readonly string[];
  readonly scale?: Readonly<Record<string, number>>;
  readonly service?: string;
  readonly command?: readonly string[];
  readonly ports?: readonly number[];
  readonly network: 'run' | 'bridge';
  readonly volumes: boolean;
  readonly tail?: number;
  readonly capture: boolean;
}

export type Operation = 'up' | 'down' | 'pull' | 'ps' | 'logs' | 'exec' | 'config';

/** Inputs that only some operations use. */
const usedBy: Readonly<Partial<Record<keyof Inputs, readonly Operation[]>>> = {
  services: ['up', 'pull', 'logs'],
  scale: ['up'],
  service: ['exec'],
  command: ['exec'],
  volumes: ['down'],
  tail: ['logs'],
  capture: ['ps', 'logs', 'exec', 'config'],
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
  if (operation === 'exec' && (inputs.service === undefined || inputs.command === undefined)) {
    throw new Error('exec needs service and command');
  }
  if (inputs.ports !== undefined && inputs.network !== 'bridge') throw new Error('ports need network: bridge');
  checkPath('file', inputs.file);
  if (inputs['env-file'] !== undefined) checkPath('env-file', inputs['env-file']);
}

function checkPath(name: string, path: string): void {
  const inside = !path.startsWith('/') && !path.startsWith('-') && !path.split('/').includes('..');
  if (!inside) throw new Error(`${name}: ${JSON.stringify(path)} is no path within the workspace`);
}
