/** `--help` of a command. */
import { aliasesOf, kebabCase, type OptionSpec, type OptionTable } from '../options/spec.ts'
import { type CommandSyntax, configOption } from './syntax.ts'

/** Columns of the widest line. */
const width = 100

/** Columns before what is said of an option. */
const indent = 30

export function helpOf(syntax: CommandSyntax): string {
  const { name, usage, description, groups, subcommands = [], examples, epilogue } = syntax
  const general = { ...(syntax.config && configOption), ...ownOptions }
  const blocks = [
    usage.map((line) => `${name} ${line}`).join('\n'),
    description,
    listing(
      'Commands:',
      subcommands.map((one) => [`${one.name} ${one.words}`, one.help]),
    ),
    ...groups.map(({ title, options }) => listing(title, rowsOf(options))),
    ...subcommands.map((one) => listing(`Options of ${one.name}:`, rowsOf(one.options))),
    listing('General:', rowsOf(general)),
    listing(
      'Examples:',
      examples.map(([command, says]) => [`${name} ${command}`, says]),
    ),
    epilogue.join('\n'),
  ]
  return blocks.filter((block) => block !== '').join('\n\n')
}

const ownOptions: OptionTable = {
  help: { type: 'flag', alias: 'h', help: 'Show this help' },
  version: { type: 'flag', help: 'Show the version' },
}

function rowsOf(options: OptionTable): [string, string][] {
  return Object.entries(options).map(([name, spec]) => {
    const names = [...aliasesOf(spec), kebabCase(name)].sort((a, b) => a.length - b.length)
    const flags = names.map((one) => (one.length === 1 ? `-${one}` : `--${one}`)).join(', ')
    const standard = defaultText(spec)
    return [flags, spec.help + (standard === undefined ? '' : ` [default: ${standard}]`)]
  })
}

/** The default as one would type it, or what is the case without the option. */
export function defaultText(spec: OptionSpec): string | undefined {
  if (spec.otherwise !== undefined) return spec.otherwise
  if (spec.default === undefined || spec.default === false) return undefined
  if (spec.type === 'list') return spec.default.length === 0 ? undefined : spec.default.join(', ')
  if (spec.type === undefined || spec.type === 'number') {
    return String(spec.unit === 'ms' ? spec.default / 1000 : spec.default)
  }
  return spec.default === '' ? undefined : String(spec.default)
}

function listing(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return ''
  const lines = rows.flatMap(([left, right]) => {
    const [first = '', ...more] = wrapped(right, width - indent)
    const head = `  ${left}`
    const isLong = head.length > indent - 2
    const start = isLong ? [head, ' '.repeat(indent) + first] : [head.padEnd(indent) + first]
    return [...start, ...more.map((line) => ' '.repeat(indent) + line)]
  })
  return [title, ...lines].join('\n')
}

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word.trimStart()
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
