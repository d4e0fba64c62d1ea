import { fishWord } from './fish-word.ts';
import type { CompletionNode, CompletionOption, CompletionValue } from './tree.ts';

/** For fish 3: one \`complete\` a command and an option, each with the words that must stand before it. */
export function fishCompletion(nodes: readonly CompletionNode[]): string {
  return `# fish completion of waterflow. Load it: waterflow completion fish | source
# True where the commands on the line so far are exactly these.
function __waterflow_at
    set -l words (commandline -opc)
    set -l found
    for word in $words[2..]
        string match -q -- '-*' $word; and continue
        contains -- "$found $word" ${nodes.map(({ path }) => fishWord(` ${path.split(' ').slice(1).join(' ')}`)).join(' ')}; or continue
        set found "$found $word"
    end
    test "$found" = "$argv[1]"
end
complete -c waterflow -f
${nodes.flatMap(completionsOf).join('\n')}
`;
}

function completionsOf({ path, commands, options, arguments: values }: CompletionNode): readonly string[] {
  const below = path.split(' ').slice(1).join(' ');
  const at = fishWord(`__waterflow_at ${fishWord(below === '' ? '' : ` ${below}`)}`);
  return [
    ...commands.map(
      ({ name, description }) => `complete -c waterflow -n ${at} -a ${fishWord(name)} -d ${fishWord(description)}`,
    ),
    ...options.map((option) => `complete -c waterflow -n ${at} ${optionText(option)}`),
    ...[...new Set(values.map(valueText))]
      .filter((text) => text !== '')
      .map((text) => `complete -c waterflow -n ${at} ${text}`),
  ];
}

function optionText({ spellings, description, value }: CompletionOption): string {
  const names = spellings.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const wanted = value === undefined ? [] : ['-r', valueText(value)];
  return [...names, ...wanted, `-d ${fishWord(description)}`].filter((part) => part !== '').join(' ');
}

function valueText(value: CompletionValue): string {
  switch (value.kind) {
    case 'file':
      return '-F';
    case 'folder':
      return `-a ${fishWord('(__fish_complete_directories)')}`;
    case 'choice':
      return `-a ${fishWord(value.choices.join(' '))}`;
    default:
      return '';
  }
}
