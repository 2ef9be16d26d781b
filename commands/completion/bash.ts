// Writes the completion script for bash 4 and later; in 3.2, of macOS, it completes all but file names.
import { quoted, valuedFlags, type Place, type Value } from './places.js';

export function bashScript(places: Place[]): string {
  const valued = valuedFlags(places);
  const values = valued.map(({ long, value }) => `    ${long}) ${answer(value)}; return ;;\n`);
  const flags = places.flatMap((place) => row(place, { kind: 'choice', words: flagWords(place) }));
  const behind = places.flatMap((place) => row(place, operandOf(place)));
  return `# bash completion for papyra; made by: papyra completion bash
_papyra() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} place='' word i
  COMPREPLY=()
  # --flag=value comes as three words.
  case $cur$prev in
    =*) cur='' ;;
    *=) prev=\${COMP_WORDS[COMP_CWORD-2]} ;;
  esac
  case $prev in
${values.join('')}  esac

  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${valued.map(({ long }) => long).join('|')})
        [[ \${COMP_WORDS[i+1]} == '=' ]] || i=$((i + 1)) ;;
      '=') i=$((i + 1)) ;;
    esac
    case "$place $word" in
      ${places.slice(1).map(pattern).join('|')})
        place+=" $word" ;;
    esac
  done

  if [[ $cur == -* ]]; then
    case $place in
${flags.join('')}    esac
  else
    case $place in
${behind.join('')}    esac
  fi
}

_papyra_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

_papyra_files() {
  compopt -o default 2>/dev/null
}

_papyra_directories() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -d -- "$cur"))
}

complete -F _papyra papyra papyra-ops
`;
}

/** A branch of `case` with what may follow in a place; none where nothing may. */
function row(place: Place, value: Value): string[] {
  if (value.kind === 'choice' && value.words.length === 0) return [];
  return [`      ${pattern(place)}) ${answer(value)} ;;\n`];
}

const pattern = ({ path }: Place) => quoted(path.map((word) => ` ${word}`).join(''));

function operandOf({ commands, operand }: Place): Value {
  return operand ?? { kind: 'choice', words: commands.map(({ name }) => name) };
}

function flagWords({ flags, globalFlags }: Place): string[] {
  const all = [...flags, ...globalFlags];
  return all.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long]));
}

function answer(value: Value): string {
  switch (value.kind) {
    case 'file':
      return '_papyra_files';
    case 'directory':
      return '_papyra_directories';
    case 'choice':
      return `_papyra_words ${quoted(value.words.join(' '))}`;
    case 'text':
      return ':';
  }
}
