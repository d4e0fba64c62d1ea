/** How an interpreter is started with a script. */
export interface Interpreter {
  readonly command: string;
  readonly flags: readonly string[];
  /** Of the script: node tells modules by its ending. */
  readonly file: string;
  /** What lies beside it, by name. */
  readonly beside?: Readonly<Record<string, string>>;
}

/** The flags make a shell stop at the first command that fails, and keep it from the user's own start files; -u has python3 print at once. */
const known: Readonly<Record<string, Omit<Interpreter, 'command'>>> = {
  bash: { flags: ['--noprofile', '--norc', '-eo', 'pipefail'], file: 'script' },
  sh: { flags: ['-e'], file: 'script' },
  python3: { flags: ['-u'], file: 'script.py' },
  // node looks further up for one that says what a script is, and may come to that of a project which the agent's folder is in.
  node: { flags: [], file: 'script.js', beside: { 'package.json': '{}\n' } },
};

/** The interpreter of `shell`; any other program gets the script as its only argument. */
export function interpreterOf(shell: string): Interpreter {
  const { flags = [], file = 'script', beside = {} } = (Object.hasOwn(known, shell) ? known[shell] : undefined) ?? {};
  return { command: shell, flags, file, beside };
}

/**
 * The same in a terminal: script(1) of util-linux makes one, hands the command to a shell, and ends with its exit code. The name of
 * the script's file goes by a variable. Throws for an interpreter of another name: the line is granted as it stands.
 */
export function inTerminal({ command, flags }: Interpreter): {
  readonly command: string;
  readonly args: readonly string[];
} {
  if (!Object.hasOwn(known, command)) {
    throw new Error(`tty: only ${Object.keys(known).join(', ')} run in a terminal, not ${command}`);
  }
  const line = ['exec', command, ...flags, `"$${scriptVariable}"`].join(' ');
  return { command: 'script', args: ['-qefc', line, '/dev/null'] };
}

/** Where the script lies, for what runs in a terminal. */
export const scriptVariable = 'WATERFLOW_SCRIPT';
