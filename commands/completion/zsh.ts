// Writes the completion script for zsh, with a function for each place, named after its words.
import { quoted, type Flag, type Place, type Value } from './places.js';

export function zshScript(places: Place[]): string {
  return `#compdef papyra papyra-ops
# zsh completion for papyra; made by: papyra completion zsh
${places.map(functionOf).join('\n')}
# Loaded from fpath it is called, sourced it is not.
if [[ $funcstack[1] == _papyra ]]; then
  _papyra "$@"
else
  compdef _papyra papyra papyra-ops
fi
`;
}

const nameOf = (path: string[]) => ['_papyra', ...path].join('_');

function functionOf(place: Place): string {
  const { path, commands, flags, globalFlags, operand } = place;
  const specs = [...flags, ...globalFlags].flatMap(specsOf);
  const operands =
    commands.length > 0
      ? [quoted('1: :->command'), quoted('*:: :->rest')]
      : operand === null
        ? []
        : [quoted(`1: :${action(operand)}`)];
  const lines = [...specs, ...operands].map((spec) => ` \\\n    ${spec}`).join('');
  return `${nameOf(path)}() {
  local curcontext=$curcontext state line
  local -A opt_args
  _arguments -C${lines}
${commands.length > 0 ? statesOf(place) : ''}}
`;
}

function statesOf({ path, commands }: Place): string {
  const described = commands.map(({ name, about }) => quoted(`${name}:${about}`)).join(' ');
  const next = commands
    .map(({ name }) => `        ${name}) ${nameOf([...path, name])} ;;\n`)
    .join('');
  return `  case $state in
    command)
      local -a commands=(${described})
      _describe command commands
      ;;
    rest)
      case $words[1] in
${next}      esac
      ;;
  esac
`;
}

/** `(-n --dry-run)--dry-run[what it does]`: when one form was given, zsh offers neither again. */
function specsOf({ short, long, about, value }: Flag): string[] {
  const text = `[${about.replaceAll(/[\\[\]:]/g, String.raw`\$&`)}]`;
  const rest = value === null ? '' : `: :${action(value)}`;
  const excluded = short === undefined ? '' : `(${short} ${long})`;
  const equals = value === null ? '' : '=';
  return [
    ...(short === undefined ? [] : [quoted(`${excluded}${short}${text}${rest}`)]),
    quoted(`${excluded}${long}${equals}${text}${rest}`),
  ];
}

function action(value: Value): string {
  switch (value.kind) {
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'choice':
      return `(${value.words.join(' ')})`;
    case 'text':
      return ' ';
  }
}
