/** Describes types of JSON documents by the doc comments of their members. */
import type { Node, SourceFile, TypeNode } from 'typescript/unstable/ast'
import {
  isIdentifier,
  isInterfaceDeclaration,
  isPropertyAssignment,
  isPropertySignatureDeclaration,
  isTypeAliasDeclaration,
  isTypeLiteralNode,
  isUnionTypeNode,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is'
import { type Symbol as CodeSymbol, SymbolFlags, TypeFlags } from 'typescript/unstable/sync'
import { cell, filled, table } from './markdown.ts'
import { root, type SourceCode, visitAll } from './source-code.ts'

/** Describes types, each once; for one page. */
export class Documents {
  readonly #code: SourceCode
  readonly #known = new Set<number>()

  constructor(code: SourceCode) {
    this.#code = code
  }

  /** A section for the type, and for each that it mentions and that was not described yet. */
  describe(path: string, name: string): string {
    const sections: string[] = []
    const waiting = [declaredSymbol(this.#code, path, name)]
    for (const symbol of waiting) {
      if (this.#known.has(symbol.id)) continue
      this.#known.add(symbol.id)
      const [section, mentioned] = sectionOf(this.#code, symbol)
      sections.push(section)
      waiting.push(...mentioned)
    }
    return sections.join('\n\n')
  }
}

/** The doc comments of the members of an object, such as a table of variables, by their names. */
export function commentsOfObject(
  code: SourceCode,
  path: string,
  name: string,
): Map<string, string> {
  const { checker } = code
  const comments = new Map<string, string>()
  visitAll(fileAt(code, path), (node) => {
    if (!isVariableDeclaration(node) || node.name.getText() !== name) return
    visitAll(node, (member) => {
      if (!isPropertyAssignment(member)) return
      const symbol = checker.getSymbolAtLocation(member.name)
      if (symbol?.name === member.name.getText())
        comments.set(symbol.name, oneLine(symbol.getDocumentationComment(checker)))
    })
  })
  return comments
}

function fileAt(code: SourceCode, path: string): SourceFile {
  const file = code.program.getSourceFile(`${root}${path}`)
  if (file === undefined) throw new Error(`There is no file ${path}`)
  return file
}

function declaredSymbol(code: SourceCode, path: string, name: string): CodeSymbol {
  for (const statement of fileAt(code, path).statements) {
    if (!isInterfaceDeclaration(statement) && !isTypeAliasDeclaration(statement)) continue
    if (statement.name.getText() !== name) continue
    const symbol = code.checker.getSymbolAtLocation(statement.name)
    if (symbol !== undefined) return symbol
  }
  throw new Error(`${path} has no type ${name}`)
}

function sectionOf(code: SourceCode, symbol: CodeSymbol): [string, CodeSymbol[]] {
  const { checker } = code
  const comment = withoutLinks(symbol.getDocumentationComment(checker))
  const title = `### ${symbol.name}`
  const values = valuesOf(code, symbol)
  if (values !== undefined) {
    const isListed = values.every((value) => comment.includes(value))
    const list = isListed ? '' : filled(`One of ${values.join(', ')}.`)
    return [[title, comment, list].filter(Boolean).join('\n\n'), []]
  }
  const mentioned: CodeSymbol[] = []
  const rows = checker
    .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))
    .flatMap((member) => rowsOf(code, member, '', mentioned))
  const members = table(['member', 'type', 'means'], rows)
  return [[title, comment, members].filter(Boolean).join('\n\n'), mentioned]
}

/** A row, and one for each member of an object that is described in place. */
function rowsOf(
  code: SourceCode,
  member: CodeSymbol,
  prefix: string,
  mentioned: CodeSymbol[],
): string[][] {
  const declaration = member.valueDeclaration?.resolve()
  if (declaration === undefined || !isPropertySignatureDeclaration(declaration)) return []
  const { type } = declaration
  if (type === undefined) return []
  const isAbsent = (member.flags & SymbolFlags.Optional) !== 0
  const name = `${prefix}${member.name}`
  const comment = oneLine(member.getDocumentationComment(code.checker))
  if (comment === '')
    throw new Error(
      `${placeOf(declaration)}: ${name} has no doc comment, which docs/reference/json.md needs`,
    )
  const means = isAbsent ? `May be absent. ${comment}` : comment
  const inner = innerMembers(code, type)
  if (inner.length === 0) mentioned.push(...typesIn(code, type))
  const own = [
    cell(`\`${name}\``),
    cell(`\`${textOf(code, type, inner.length > 0)}\``),
    cell(means),
  ]
  return [own, ...inner.flatMap((one) => rowsOf(code, one, `${name}.`, mentioned))]
}

function innerMembers({ checker }: SourceCode, type: TypeNode): readonly CodeSymbol[] {
  const literal = isUnionTypeNode(type) ? type.types.find(isTypeLiteralNode) : type
  if (literal === undefined || !isTypeLiteralNode(literal)) return []
  const inner = checker.getTypeAtLocation(literal)
  return inner === undefined ? [] : checker.getPropertiesOfType(inner)
}

/** The types of the project that a type mentions. */
function typesIn(code: SourceCode, type: TypeNode): CodeSymbol[] {
  const { checker } = code
  const found: CodeSymbol[] = []
  const look = (node: Node) => {
    if (!isIdentifier(node)) return
    const symbol = checker.getSymbolAtLocation(node)
    if (symbol === undefined) return
    const isImported = (symbol.flags & SymbolFlags.Alias) !== 0
    const declared = isImported ? checker.getAliasedSymbol(symbol) : symbol
    const declaration = declared.declarations[0]?.resolve()
    if (declaration === undefined || declaration.getSourceFile().isDeclarationFile) return
    const isDescribed =
      isInterfaceDeclaration(declaration) || valuesOf(code, declared) !== undefined
    if (isDescribed) found.push(declared)
  }
  look(type)
  visitAll(type, look)
  return found
}

/** The values of a type that is a choice of texts. */
function valuesOf({ checker }: SourceCode, symbol: CodeSymbol): string[] | undefined {
  if ((symbol.flags & SymbolFlags.TypeAlias) === 0) return undefined
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  if (!type.isUnionType()) return undefined
  const values = type.getTypes().map((part) => (part as { readonly value?: unknown }).value)
  const areTexts = values.every((value) => typeof value === 'string')
  return areTexts ? values.map((value) => `\`${value}\``) : undefined
}

function textOf({ checker }: SourceCode, type: TypeNode, isInPlace: boolean): string {
  if (isInPlace) return isUnionTypeNode(type) ? 'object | null' : 'object'
  const { flags = 0 } = checker.getTypeAtLocation(type) ?? {}
  // The only type parameter of documents is that of the workers, which are addresses there.
  if ((flags & TypeFlags.TypeParameter) !== 0) return 'string'
  return type
    .getText()
    .replaceAll(/\s+/g, ' ')
    .replace(/^\| /, '')
    .replaceAll('readonly ', '')
    .replaceAll("'", '')
    .replace(/^Readonly<(.*)>$/, '$1')
}

function withoutLinks(comment: string): string {
  return comment.replaceAll(/\{@link (\w+)\}/g, '`$1`').trim()
}

function oneLine(comment: string): string {
  return withoutLinks(comment).replaceAll(/\s*\n\s*/g, ' ')
}

function placeOf(node: Node): string {
  return node.getSourceFile().fileName.slice(root.length)
}
