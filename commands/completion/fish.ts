// Writes the completion script for fish.
import { valuedFlags, type Flag, type Place, type Value } from './places.js';

export function fishScript(places: Place[]): string {
  const valued = valuedFlags(places).map(({ long }) => long);
  const paths = places.slice(1).map(({ path }) => quoted(asPath(path)));
  const [root] = places;
  return `# fish completion for papyra; made by: papyra completion fish
function __papyra_at --description 'Whether the command line is behind these words'
    set -l path
    set -l tokens (commandline -opc)
    set -l skip
    for word in $tokens[2..-1]
        if test -n "$skip"
            set skip
            continue
        end
        if contains -- $word ${valued.join(' ')}
            set skip yes
        else if contains -- "$path $word" ${paths.join(' ')}
            set path "$path $word"
        end
    end
    test "$path" = "$argv[1]"
end

complete -c papyra -f
${root!.flags.map((flag) => flagLine('', flag)).join('')}${places.map(linesOf).join('')}complete -c papyra-ops -w papyra
`;
}

const asPath = (path: string[]) => path.map((word) => ` ${word}`).join('');

function linesOf({ path, commands, flags, operand }: Place): string {
  const here = quoted(`__papyra_at ${quoted(asPath(path))}`);
  const own = flags.filter(({ long }) => path.length > 0 && long !== '--help');
  return [
    ...commands.map(({ name, about }) => `complete -c papyra -n ${here} -a ${name} -d ${quoted(about)}\n`), // prettier-ignore
    ...(operand === null ? [] : [`complete -c papyra -n ${here}${values(operand)}\n`]),
    ...own.map((flag) => flagLine(` -n ${here}`, flag)),
  ].join('');
}

function flagLine(condition: string, { short, long, about, value }: Flag): string {
  const letter = short === undefined ? '' : ` -s ${short.slice(1)}`;
  const rest = value === null ? '' : values(value);
  return `complete -c papyra${condition}${letter} -l ${long.slice(2)}${rest} -d ${quoted(about)}\n`;
}

function values(value: Value): string {
  switch (value.kind) {
    case 'file':
      return ' -r -F';
    case 'directory':
      return ` -x -a '(__fish_complete_directories)'`;
    case 'choice':
      return ` -x -a ${quoted(value.words.join(' '))}`;
    case 'text':
      return ' -x';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
