/** Options from a file of YAML or JSON. Each value knows its line. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { OptionError } from '../errors.ts'
import { didYouMean } from '../options/similar.ts'
import { aliasesOf, kebabCase, type OptionSpec, type OptionTable } from '../options/spec.ts'
import { readValue, typedExpectationOf } from '../options/value.ts'
import { readTextFile } from '../read-text-file.ts'
import { UsageError } from './command.ts'

/** A value, and what messages call its option. */
export interface GivenValue {
  readonly label: string
  readonly value: unknown
}

/**
 * The values of the options in the file at `path`, by the options' names in programs. Keys are
 * written as on the command line. Throws an {@link OptionError} or a {@link UsageError} with file
 * and line.
 */
export function readConfig(path: string, options: OptionTable): Map<string, GivenValue> {
  const text = readTextFile(path, '--config')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error !== undefined) {
    const [reason] = error.message.split('\n')
    throw new UsageError(`${path}:${lines.linePos(error.pos[0]).line}: ${reason}`)
  }
  if (!isMap(document.contents)) {
    throw new OptionError('--config', 'a file with a map from options to values', path)
  }
  const names = namesOf(options)
  const given = new Map<string, GivenValue>()
  for (const { key, value } of document.contents.items) {
    const written = String(isScalar(key) ? key.value : key)
    const at = `${path}:${lines.linePos((key as Node).range?.[0] ?? 0).line}`
    const name = names.get(kebabCase(written).replaceAll('_', '-'))
    if (name === undefined) {
      throw new UsageError(`${at}: Unknown option ${written}${didYouMean(written, names.keys())}`)
    }
    const label = `${written} (${at})`
    given.set(name, {
      label,
      value: writtenValue(label, options[name] as OptionSpec, value as Node),
    })
  }
  return given
}

function namesOf(options: OptionTable): Map<string, string> {
  const names = new Map<string, string>()
  for (const [name, spec] of Object.entries(options)) {
    for (const alias of [kebabCase(name), ...aliasesOf(spec)]) {
      if (alias.length > 1) names.set(alias, name)
    }
  }
  return names
}

function writtenValue(label: string, spec: OptionSpec, node: Node | null): unknown {
  if (spec.type !== 'list') return readValue(label, spec, textOf(label, spec, node))
  const items = isSeq(node) ? node.items : [node]
  return items.map((item) => readValue(label, spec, textOf(label, spec, item as Node)))
}

/** A scalar as it is written: numbers are texts too, and 1.10 is not 1.1. */
function textOf(label: string, spec: OptionSpec, node: Node | null): string {
  if (isScalar(node) && node.value !== null) {
    return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
  }
  const shown = isScalar(node) || node === null ? 'nothing' : isSeq(node) ? 'a list' : 'a map'
  throw new OptionError(label, typedExpectationOf(spec), undefined, { shown })
}
