/** What a step gives. The manifest's schema checked each value; what goes with which mode is checked here. */
export interface Inputs {
  readonly mode: 'upload' | 'download' | 'exec';
  readonly host: string;
  readonly port?: number;
  readonly user: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly password?: string;
  readonly from?: string;
  readonly to?: string;
  readonly include?: string | readonly string[];
  readonly exclude?: string | readonly string[];
  readonly compare?: 'checksum' | 'time' | 'none';
  readonly resume?: boolean;
  readonly permissions?: string;
  readonly verify?: boolean;
  readonly sha256?: string;
  readonly links?: 'refuse' | 'skip';
  readonly command?: string;
  readonly args?: readonly (string | number | boolean)[];
  readonly stdin?: string;
  readonly capture?: boolean;
}

/** Where a call goes and with which secrets, as `host.ssh` takes it. */
export interface Destination {
  readonly host: string;
  readonly port?: number;
  readonly user: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly password?: string;
  readonly timeout_ms: number;
}

/** The step's own deadline is shorter, as a rule; the calls' default of half an hour would end a long transfer before it. */
const dayMs = 86_400_000;

/** Inputs that only some modes know. Those with a default are there in every mode, so nothing can be said of them. */
const modesOf = {
  from: ['upload', 'download'],
  to: ['upload', 'download'],
  include: ['upload', 'download'],
  exclude: ['upload', 'download'],
  permissions: ['upload'],
  sha256: ['download'],
  command: ['exec'],
  args: ['exec'],
  stdin: ['exec'],
} as const satisfies Partial<Record<keyof Inputs, readonly Inputs['mode'][]>>;

/** Throws on an input that the mode doesn't know: a step that gives one expects something of it. */
export function checkMode(inputs: Inputs): void {
  for (const [name, modes] of Object.entries(modesOf)) {
    const known: readonly string[] = modes;
    if (!known.includes(inputs.mode) && name in inputs) {
      throw new Error(`${name}: it is for mode ${modes.join(' and ')}, not for ${inputs.mode}`);
    }
  }
}

/** A private key from a block of YAML has a line break behind it, which is no part of the secret. */
export function destinationOf(inputs: Inputs): Destination {
  const { host, port, user } = inputs;
  const key = inputs.key?.trim();
  const passphrase = inputs.passphrase?.trim();
  const password = inputs.password?.trim();
  if (!key && !password) {
    throw new Error('key: give a private key or a `password` to log in with, as ${{ secrets.NAME }}');
  }
  return {
    host,
    user,
    timeout_ms: dayMs,
    ...(port === undefined ? {} : { port }),
    ...(key ? { key } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(password ? { password } : {}),
  };
}

/** The two ends of a transfer. A file whose target ends in `/` keeps its name in that folder. */
export function endsOf({ mode, from, to }: Inputs, isFolder: boolean): { readonly from: string; readonly to: string } {
  if (!from || !to) {
    throw new Error(`${from ? 'to' : 'from'}: mode ${mode} needs it`);
  }
  const there = mode === 'upload' ? to : from;
  if (there === '~' || there.startsWith('~/')) {
    throw new Error(
      `${mode === 'upload' ? 'to' : 'from'}: a path that begins without \`/\` is from the home folder already; leave \`~/\` out`,
    );
  }
  return { from, to: to.endsWith('/') && !isFolder ? `${to}${nameOf(from)}` : to };
}

function nameOf(path: string): string {
  return (
    path
      .split('/')
      .filter((name) => name !== '' && name !== '.')
      .at(-1) ?? ''
  );
}

/** Patterns as a list, or one a line. Undefined where there are none. */
export function patternsOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  const lines = typeof value === 'string' ? value.split('\n') : (value ?? []);
  const patterns = lines.map((line) => line.trim()).filter((line) => line !== '');
  return patterns.length === 0 ? undefined : patterns;
}

/** `0640` -> 0o640. The manifest's pattern let nothing else through. */
export function modeBits(permissions: string): number {
  return Number.parseInt(permissions, 8);
}
