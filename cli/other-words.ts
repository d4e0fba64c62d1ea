const publish =
  'A plugin is given away as files: `waterflow plugin pack` and `waterflow plugin sign`; `waterflow registry build FOLDER` makes a registry of several.';
const make = '`waterflow plugin new NAME` makes a plugin to begin with.';
const install = '`waterflow plugin install` installs plugins, and newer versions of them.';
const remove = '`waterflow plugin remove NAME` does that.';
const keys =
  '`waterflow keys trust` says whose plugins may be installed, and `waterflow keys distrust` and `revoke` take that back.';
const sign = '`waterflow plugin sign` signs a package, and `waterflow plugin verify` checks one.';
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
  ['plugin trust', keys],
  ['plugin distrust', keys],
  ['plugin revoke', keys],
  ['plugin lint', check],
  ['plugin validate', check],
]);

/** The same of words that stand alone. */
const commands: ReadonlyMap<string, string> = new Map([
  ['sign', sign],
  ['pack', 'A plugin is packed by `waterflow plugin pack`.'],
  ['install', install],
  ['trust', keys],
  ['publish', publish],
]);

/** What an unknown command is called here, by the words of a command line; undefined where nobody could tell. */
export function meaningOf(argv: readonly string[]): string | undefined {
  const [command, subcommand] = argv.filter((word) => !word.startsWith('-'));
  return meanings.get(`${command} ${subcommand}`) ?? commands.get(String(command));
}
