import { shellWord } from '../../schemas/shell-word.ts';
import type { CompletionNode, CompletionValue } from './tree.ts';

/**
 * For bash 4 and later. The script walks the words before the cursor: one that is a command leads to that command, the value of
 * an option and an option lead nowhere, and anything else is an argument.
 */
export function bashCompletion(nodes: readonly CompletionNode[]): string {
  return `# bash completion of waterflow. Load it: source <(waterflow completion bash)
_waterflow_commands() {
  case "$1" in
${cases(nodes, ({ commands }) => words(commands.map(({ name }) => name)))}
  esac
}

_waterflow_options() {
  case "$1" in
${cases(nodes, ({ options }) => words(options.flatMap(({ spellings }) => spellings)))}
  esac
}

# What follows an option, or stands in the place of an argument: \`file\`, \`folder\`, \`other\`, or \`choice\` and the choices.
_waterflow_value() {
  case "$1 $2" in
${nodes.flatMap(valueCases).join('\n')}
  esac
}

_waterflow() {
  local current=\${COMP_WORDS[COMP_CWORD]} path=waterflow count=0 wanted='' word index
  local IFS=$' \\t\\n'
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ -n $wanted ]]; then
      wanted=''
    elif [[ $word == -* ]]; then
      wanted=$(_waterflow_value "$path" "$word")
    elif [[ " $(_waterflow_commands "$path") " == *" $word "* ]]; then
      path="$path $word"
    else
      count=$((count + 1))
    fi
  done
  if [[ -z $wanted ]]; then
    if [[ $current == -* ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$(_waterflow_options "$path")" -- "$current")
      return
    fi
    wanted=$(_waterflow_commands "$path")
    if [[ -n $wanted ]]; then wanted="choice $wanted"; else wanted=$(_waterflow_value "$path" "$count"); fi
  fi
  case $wanted in
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    choice\\ *) mapfile -t COMPREPLY < <(compgen -W "\${wanted#choice }" -- "$current") ;;
  esac
}

complete -F _waterflow waterflow
`;
}

function cases(nodes: readonly CompletionNode[], textOf: (node: CompletionNode) => string): string {
  return nodes
    .map((node) => ({ path: node.path, text: textOf(node) }))
    .filter(({ text }) => text !== '')
    .map(({ path, text }) => `    ${shellWord(path)}) echo ${shellWord(text)} ;;`)
    .join('\n');
}

function valueCases({ path, options, arguments: values }: CompletionNode): readonly string[] {
  const line = (after: string, value: CompletionValue): string =>
    `    ${shellWord(`${path} ${after}`)}) echo ${shellWord(valueText(value))} ;;`;
  return [
    ...options.flatMap(({ spellings, value }) =>
      value === undefined ? [] : spellings.map((spelling) => line(spelling, value)),
    ),
    ...values.map((value, index) => line(String(index), value)),
  ];
}

function valueText(value: CompletionValue): string {
  return value.kind === 'choice' ? `choice ${words(value.choices)}` : value.kind;
}

function words(list: readonly string[]): string {
  return list.join(' ');
}
