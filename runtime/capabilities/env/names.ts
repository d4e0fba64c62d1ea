/**
 * Variables by which loaders, shells and interpreters run other code when they start. One of them changes what every program of the later
 * steps does, so `*` doesn't cover them: an entry names them, and `allow: requested` gives none.
 */
const startNames: readonly string[] = [
  // The dynamic loader and libc.
  'GCONV_PATH',
  'GLIBC_TUNABLES',
  'LOCPATH',
  'NLSPATH',
  // Shells.
  'BASHOPTS',
  'BASH_ENV',
  'ENV',
  'IFS',
  'PROMPT_COMMAND',
  'PS4',
  'SHELLOPTS',
  'ZDOTDIR',
  // Interpreters and virtual machines.
  'CLASSPATH',
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  'LUA_INIT',
  'NODE_OPTIONS',
  'NODE_PATH',
  'PERLLIB',
  'PHPRC',
  'PHP_INI_SCAN_DIR',
  'PYTHONBREAKPOINT',
  'PYTHONEXECUTABLE',
  'PYTHONHOME',
  'PYTHONINSPECT',
  'PYTHONPATH',
  'PYTHONPLATLIBDIR',
  'PYTHONSTARTUP',
  'PYTHONUSERBASE',
  'PYTHONWARNINGS',
  'RUBYLIB',
  'RUBYOPT',
  '_JAVA_OPTIONS',
];
/** The same, of which there is a family. */
const startFamilies: readonly string[] = ['BASH_FUNC_', 'DYLD_', 'LD_', 'LUA_INIT_', 'NODE_REPL_', 'PERL5'];

/** What `PATH` is called; where programs are found is said by name, too. */
export const searchPath = 'PATH';

/** Whether a variable has to be named by an entry that lets it be set for later steps. */
export function mustBeNamed(name: string): boolean {
  return name === searchPath || runsAtStart(name);
}

/** Whether a pattern of an entry (a name, `PREFIX*`) is about a variable by which programs run other code when they start. */
export function isAboutStart(pattern: string): boolean {
  if (!pattern.endsWith('*')) return runsAtStart(pattern);
  const prefix = pattern.slice(0, -1);
  if (prefix === '') return false;
  return runsAtStart(prefix) || [...startNames, ...startFamilies].some((name) => name.startsWith(prefix));
}

/** Variables that say where a step is and what it writes to: each step has its own. */
export function isOfEachStep(name: string): boolean {
  return /^(?:(?:WATERFLOW|RUNNER)_.*|GITHUB_(?:ENV|OUTPUT|PATH|STATE|STEP_SUMMARY|WORKSPACE))$/.test(name);
}

/** Whether it is a variable by which a loader, a shell or an interpreter runs other code when it starts. */
export function runsAtStart(name: string): boolean {
  return startNames.includes(name) || startFamilies.some((family) => name.startsWith(family));
}
