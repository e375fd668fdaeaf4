/** Finds the messages that the packages log, with their levels and facts. */
import type { CallExpression, Expression, Node } from 'typescript/unstable/ast'
import {
  isCallExpression,
  isIdentifier,
  isPropertyAccessExpression,
  isTemplateExpression,
} from 'typescript/unstable/ast/is'
import type { Type } from 'typescript/unstable/sync'
import { pathOf, type SourceCode, visitAll } from './source-code.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** A place that logs a message. */
export interface LogCall {
  readonly message: string
  /** Empty if the code decides it when it runs. */
  readonly level: Level | ''
  /** The names of the facts; absent if the compiler does not know them. */
  readonly facts: readonly string[] | undefined
  readonly package: string
  /** `path:line`, for messages. */
  readonly place: string
}

const levels: ReadonlySet<string> = new Set(['debug', 'info', 'warn', 'error'])

/** The methods that pass on a message to a logger, by the end of the name of their type. */
const forwarders: Readonly<Record<string, Level>> = { '#warn': 'warn', write: 'warn' }

/** All, in the order of the files. Throws for a message that the compiler does not know. */
export function logCallsOf(code: SourceCode): LogCall[] {
  return code.files.flatMap((file) => {
    const calls: LogCall[] = []
    visitAll(file, (node) => {
      if (!isCallExpression(node)) return
      const found = logCall(node, code)
      if (found === undefined) return
      const path = pathOf(file)
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
      const [, name = ''] = path.split('/')
      const place = `${path}:${line + 1}`
      const messages = messagesOf(found.message, code, place)
      const facts = factsOf(found.facts, code)
      for (const message of messages)
        calls.push({ message, level: found.level, facts, package: name, place })
    })
    return calls
  })
}

interface Arguments {
  readonly level: Level | ''
  readonly facts: Expression
  readonly message: Expression
}

function logCall(call: CallExpression, { checker }: SourceCode): Arguments | undefined {
  const { expression: callee, arguments: given } = call
  if (!isPropertyAccessExpression(callee)) return undefined
  const typeOf = (node: Node) => {
    const type = checker.getTypeAtLocation(node)
    return type === undefined ? '' : checker.typeToString(type)
  }
  const method = callee.name.getText()
  const [first, second, third] = given
  if (first === undefined || second === undefined) return undefined
  const forwards = forwarders[method]
  if (levels.has(method) && /^Log(Method|Fn)$/.test(typeOf(callee)))
    return { level: method as Level, facts: first, message: second }
  if (forwards !== undefined && /RepeatedLines<Readonly|^this$/.test(typeOf(callee.expression)))
    return { level: forwards, facts: first, message: second }
  if (method === 'call' && third && /^LogMethod$/.test(typeOf(callee.expression)))
    return { level: '', facts: second, message: third }
  return undefined
}

/** A text, the texts of a choice, or a template, in which `…` stands for what it inserts. */
function messagesOf(node: Expression, { checker }: SourceCode, place: string): string[] {
  if (isTemplateExpression(node)) {
    return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')]
  }
  const texts = partsOf(checker.getTypeAtLocation(node)).flatMap(({ value }) =>
    typeof value === 'string' ? [value] : [],
  )
  if (texts.length > 0) return texts
  // A method that passes on a message: the message is where it is called.
  if (isIdentifier(node) && place.startsWith('packages/lb/src/admin/event-log.ts')) return []
  if (isIdentifier(node) && place.startsWith('packages/lb/src/admin/repeated-lines.ts')) return []
  throw new Error(`${place}: the message of a log line has to be a text that the compiler knows`)
}

function factsOf(node: Expression, { checker }: SourceCode): string[] | undefined {
  const parts = partsOf(checker.getTypeAtLocation(node))
  if (parts.some((part) => checker.getIndexInfosOfType(part).length > 0)) return undefined
  const properties = parts.flatMap((part) =>
    checker.getPropertiesOfType(part).map(({ name }) => name),
  )
  return [...new Set(properties)]
}

/** The types of a union; a type that is none as it is. */
function partsOf(type: Type | undefined): readonly (Type & { readonly value?: unknown })[] {
  if (type === undefined) return []
  return type.isUnionType() ? type.getTypes() : [type]
}
