import { shellWord } from '../../schemas/shell-word.ts';
import type { CompletionNode, CompletionValue } from './tree.ts';

/** For zsh 5: a function that looks at the words before the cursor as the one for bash does, with descriptions. */
export function zshCompletion(nodes: readonly CompletionNode[]): string {
  return `#compdef waterflow
# zsh completion of waterflow. Put it as _waterflow into a folder of $fpath, or load it: source <(waterflow completion zsh)
_waterflow_commands() {
  case "$1" in
${nodes.flatMap(commandCase).join('\n')}
  esac
}

_waterflow_options() {
  case "$1" in
${nodes.flatMap(optionCase).join('\n')}
  esac
}

_waterflow_value() {
  case "$1 $2" in
${nodes.flatMap(valueCases).join('\n')}
  esac
}

_waterflow() {
  local word wanted='' line='waterflow' current=\${words[CURRENT]}
  local -i count=0 index
  local -a reply found names
  for ((index = 2; index < CURRENT; index++)); do
    word=\${words[index]}
    reply=()
    _waterflow_commands "$line"
    names=(\${reply%%:*})
    if [[ -n $wanted ]]; then
      wanted=''
    elif [[ $word == -* ]]; then
      wanted=$(_waterflow_value "$line" "$word")
    elif (( \${names[(Ie)$word]} )); then
      line="$line $word"
    else
      count+=1
    fi
  done
  reply=()
  if [[ -z $wanted && $current == -* ]]; then
    _waterflow_options "$line"
    _describe -o option reply
    return
  fi
  if [[ -z $wanted ]]; then
    _waterflow_commands "$line"
    if (( \${#reply} )); then
      _describe command reply
      return
    fi
    wanted=$(_waterflow_value "$line" "$count")
  fi
  case $wanted in
    file) _files ;;
    folder) _files -/ ;;
    choice\\ *) found=(\${(s: :)\${wanted#choice }}); compadd -a found ;;
  esac
}

if [[ $funcstack[1] == _waterflow ]]; then _waterflow "$@"; else compdef _waterflow waterflow; fi
`;
}

function commandCase({ path, commands }: CompletionNode): readonly string[] {
  if (commands.length === 0) return [];
  return [caseOf(path, commands)];
}

function optionCase({ path, options }: CompletionNode): readonly string[] {
  const entries = options.flatMap(({ spellings, description }) => spellings.map((name) => ({ name, description })));
  return entries.length === 0 ? [] : [caseOf(path, entries)];
}

function caseOf(path: string, entries: readonly { readonly name: string; readonly description: string }[]): string {
  const items = entries.map(({ name, description }) => shellWord(`${name}:${description}`)).join(' ');
  return `    ${shellWord(path)}) reply=(${items}) ;;`;
}

function valueCases({ path, options, arguments: values }: CompletionNode): readonly string[] {
  const line = (after: string, value: CompletionValue): string =>
    `    ${shellWord(`${path} ${after}`)}) echo ${shellWord(value.kind === 'choice' ? `choice ${value.choices.join(' ')}` : value.kind)} ;;`;
  return [
    ...options.flatMap(({ spellings, value }) =>
      value === undefined ? [] : spellings.map((spelling) => line(spelling, value)),
    ),
    ...values.map((value, index) => line(String(index), value)),
  ];
}
