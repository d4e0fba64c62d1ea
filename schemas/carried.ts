/**
 * What a step leaves for the later steps of its job beside its outputs, as a script does that writes to $WATERFLOW_ENV and
 * $WATERFLOW_PATH.
 */
export interface Carried {
  readonly variables: Readonly<Record<string, string>>;
  /** Absolute folders that stand before what is in PATH, the first one first. */
  readonly path: readonly string[];
}

/** Nothing at all. */
export const nothingCarried: Carried = { variables: {}, path: [] };

/** Most variables that may hold at one time in a job. They go along with each step, and a program gets them all. */
export const carriedVariablesLimit = 500;
/** Most folders before PATH at one time. */
export const carriedFoldersLimit = 100;
/** Most UTF-8 bytes that both may take as JSON: they are in the task of each later step. */
export const carriedLimitBytes: number = 64 * 1024;

/** What holds after a later step: its value of a variable wins, and its folders come first. A folder stands there once. */
export function carriedAfter(before: Carried, later: Carried): Carried {
  const again = new Set(later.path);
  return {
    variables: { ...before.variables, ...later.variables },
    path: [...later.path, ...before.path.filter((folder) => !again.has(folder))],
  };
}

/** True where there is nothing in it. */
export function carriesNothing({ variables, path }: Carried): boolean {
  return path.length === 0 && Object.keys(variables).length === 0;
}

/**
 * Which limit is exceeded, as a message has it; undefined where none is. `bytesOf` counts the UTF-8 bytes of a value as JSON: this folder
 * has nothing of Node to do so.
 */
export function carriedProblem(carried: Carried, bytesOf: (carried: Carried) => number): string | undefined {
  const variables = Object.keys(carried.variables).length;
  if (variables > carriedVariablesLimit) {
    return `later steps would get ${variables} variables; steps may leave ${carriedVariablesLimit} in a job`;
  }
  if (carried.path.length > carriedFoldersLimit) {
    return `later steps would get ${carried.path.length} folders before PATH; steps may leave ${carriedFoldersLimit} in a job`;
  }
  const bytes = bytesOf(carried);
  if (bytes <= carriedLimitBytes) return undefined;
  return `variables and folders for later steps take ${bytes} bytes; they may take ${carriedLimitBytes} in a job`;
}
