/** The reference of a command's options, as Markdown. Pure. */

import { defaultText } from '../options/default-text.ts'
import { aliasesOf, kebabCase, type OptionSpec, type OptionTable } from '../options/spec.ts'
import { expectationOf, typedExpectationOf } from '../options/value.ts'
import { type CommandSyntax, configOption } from './syntax.ts'

export function referenceOf(syntax: CommandSyntax): string {
  const { name, usage, description, groups, subcommands = [] } = syntax
  const tables = [
    ...groups.map(({ title, options }) => section(title.replace(/:$/, ''), options)),
    ...subcommands.map((one) => section(`${name} ${one.name}`, one.options, `${one.help}.`)),
    ...(syntax.config === undefined ? [] : [section('File', configOption)]),
  ]
  const calls = usage.map((line) => `    ${name} ${line}`).join('\n')
  return [`## ${name}`, calls, description, ...tables].filter(Boolean).join('\n\n')
}

function section(title: string, options: OptionTable, says = ''): string {
  const rows = Object.entries(options).map(([name, spec]) => row(name, spec))
  const head = `| option | value | default | meaning |\n|---|---|---|---|`
  const table = rows.length === 0 ? '' : `${head}\n${rows.join('\n')}`
  return [`### ${title}`, says, table].filter(Boolean).join('\n\n')
}

function row(name: string, spec: OptionSpec): string {
  const names = [...aliasesOf(spec), kebabCase(name)].sort((a, b) => a.length - b.length)
  const flags = names.map((one) => (one.length === 1 ? `\`-${one}\`` : `\`--${one}\``)).join(' ')
  const value = spec.type === 'flag' ? '' : escaped(typedExpectationOf(spec))
  return `| ${flags} | ${value} | ${escaped(defaultText(spec) ?? '')} | ${escaped(spec.help)} |`
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

/** A table of options in programs: by their names there, in the units there. */
export function referenceTable(title: string, options: OptionTable): string {
  const rows = Object.entries(options).map(([name, spec]) => {
    const standard = spec.otherwise ?? (spec.default === undefined ? '' : String(spec.default))
    return `| \`${name}\` | ${escaped(expectationOf(spec))} | ${standard} | ${escaped(spec.help)} |`
  })
  const head = '| option | value | default | meaning |\n|---|---|---|---|'
  return `### ${title}\n\n${head}\n${rows.join('\n')}`
}
