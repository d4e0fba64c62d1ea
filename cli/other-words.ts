const publish =
  'A plugin is given away as files: `waterflow plugin pack` and `waterflow plugin sign`; `waterflow registry build FOLDER` makes a registry of several.';
const make = '`waterflow plugin new NAME` makes a plugin to begin with.';
const install = '`waterflow plugin install` installs plugins, and newer versions of them.';
const remove = '`waterflow plugin remove NAME` does that.';
const check = '`waterflow plugin check` says what is wrong with a plugin.';

/** Commands by the words that other tools have for them, and what they are called here. */
const meanings: ReadonlyMap<string, string> = new Map([
  ['plugin publish', publish],
  ['plugin push', publish],
  ['plugin release', publish],
  ['registry publish', publish],
  ['registry push', publish],
  ['plugin create', make],
  ['plugin init', make],
  ['plugin add', install],
  ['plugin update', install],
  ['plugin upgrade', install],
  ['plugin uninstall', remove],
  ['plugin delete', remove],
  ['plugin lint', check],
  ['plugin validate', check],
]);

/** What an unknown command is called here, by the words of a command line; undefined where nobody could tell. */
export function meaningOf(argv: readonly string[]): string | undefined {
  const [command, subcommand] = argv.filter((word) => !word.startsWith('-'));
  return meanings.get(`${command} ${subcommand}`);
}
