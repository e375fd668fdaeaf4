/**
 * Property values in the text of a tree, which zc.zk evaluates as Python. Only literals are taken:
 * numbers, strings, True, False, None, lists, tuples and dictionaries.
 */
import type { PropertyValue } from '../node-data.ts'

/** Lists within lists. Deeper ones are refused, so that reading cannot exhaust the stack. */
const maxDepth = 100

const words: ReadonlyMap<string, PropertyValue> = new Map<string, PropertyValue>([
  ['None', null],
  ['True', true],
  ['False', false],
])

/** What a backslash and one letter stand for in a string. */
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** Reads one value; a comment may follow. Throws an Error that says what is not understood. */
export function parsePythonLiteral(text: string): PropertyValue {
  const reader = new LiteralReader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

/** The value as Python shows it (`repr`), without the `u` that Python 2 puts before strings. */
export function pythonRepr(value: PropertyValue): string {
  if (value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return stringRepr(value)
  if (isList(value)) return `[${value.map(pythonRepr).join(', ')}]`
  const items = Object.entries(value)
  return `{${items.map(([name, item]) => `${stringRepr(name)}: ${pythonRepr(item)}`).join(', ')}}`
}

/** The value as Python prints it (`str`): strings stand for themselves. */
export function pythonStr(value: PropertyValue): string {
  return typeof value === 'string' ? value : pythonRepr(value)
}

function isList(value: PropertyValue): value is readonly PropertyValue[] {
  return Array.isArray(value)
}

function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(/[\\\p{C}\p{Z}]|['"]/gu, (character) => {
    if (character === ' ') return character
    if (character === '\\' || character === quote) return `\\${character}`
    if (character === '"' || character === "'") return character
    return escapeOf(character)
  })
  return quote + escaped + quote
}

function escapeOf(character: string): string {
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character]
  if (short !== undefined) return short
  const code = character.codePointAt(0) ?? 0
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\U${code.toString(16).padStart(8, '0')}`
}

class LiteralReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): PropertyValue {
    if (depth > maxDepth) throw new Error(`lists are nested more than ${maxDepth} deep`)
    this.#space()
    const next = this.#text[this.#at]
    if (next === '[') return this.#list(']', depth)
    if (next === '(') return this.#parenthesis(depth)
    if (next === '{') return this.#dictionary(depth)
    if (this.#isString()) return this.#string()
    return this.#word()
  }

  end(): void {
    this.#space()
    const rest = this.#text.slice(this.#at)
    if (rest !== '' && !rest.startsWith('#')) throw new Error(`'${rest}' after the value`)
  }

  /** What matches at this place, which is then behind us. */
  #take(pattern: RegExp): string | undefined {
    const sticky = new RegExp(pattern, 'yu')
    sticky.lastIndex = this.#at
    const match = sticky.exec(this.#text)?.[0]
    if (match !== undefined) this.#at += match.length
    return match
  }

  #space(): void {
    this.#take(/\s*/)
  }

  #expect(character: string): void {
    this.#space()
    if (this.#text[this.#at] === character) this.#at++
    else throw new Error(`'${character}' expected before '${this.#text.slice(this.#at)}'`)
  }

  /** Whether the character comes next; if so, it is then behind us. */
  #skip(character: string): boolean {
    this.#space()
    const isNext = this.#text[this.#at] === character
    if (isNext) this.#at++
    return isNext
  }

  #list(close: string, depth: number): PropertyValue[] {
    return this.#items(close, () => this.value(depth + 1)).items
  }

  /** `(1)` is 1, `(1,)` is a tuple. */
  #parenthesis(depth: number): PropertyValue {
    const { items, hasComma } = this.#items(')', () => this.value(depth + 1))
    const [only] = items
    return items.length === 1 && !hasComma && only !== undefined ? only : items
  }

  #dictionary(depth: number): PropertyValue {
    const { items } = this.#items('}', (): [string, PropertyValue] => {
      const name = this.value(depth + 1)
      if (typeof name === 'object' && name !== null) {
        throw new Error('the names in a dictionary are strings or numbers')
      }
      this.#expect(':')
      return [typeof name === 'string' ? name : String(name), this.value(depth + 1)]
    })
    return Object.fromEntries(items)
  }

  #items<T>(close: string, item: () => T): { items: T[]; hasComma: boolean } {
    this.#at++
    const items: T[] = []
    let hasComma = false
    while (!this.#skip(close)) {
      if (items.length > 0 && !hasComma) throw new Error(`',' or '${close}' expected`)
      items.push(item())
      hasComma = this.#skip(',')
    }
    return { items, hasComma }
  }

  #isString(): boolean {
    const start = this.#take(/[uU]?(?=['"])/)
    return start !== undefined
  }

  /** Adjacent strings are one, as in Python. */
  #string(): string {
    let text = ''
    do {
      text += this.#quoted()
      this.#space()
    } while (this.#isString())
    return text
  }

  #quoted(): string {
    const quote = this.#text[this.#at++]
    let text = ''
    while (true) {
      const plain = this.#take(quote === "'" ? /[^'\\]+/ : /[^"\\]+/) ?? ''
      text += plain
      const next = this.#text[this.#at++]
      if (next === undefined) throw new Error('unterminated string')
      if (next === quote) return text
      text += this.#escape()
    }
  }

  #escape(): string {
    const code = this.#take(/x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}|[0-7]{1,3}/i)
    if (code !== undefined) {
      const isOctal = /^[0-7]/.test(code)
      return String.fromCodePoint(Number.parseInt(isOctal ? code : code.slice(1), isOctal ? 8 : 16))
    }
    const letter = this.#take(/./s) ?? ''
    // Python leaves a backslash before other letters where it is.
    return escapes[letter] ?? `\\${letter}`
  }

  #word(): PropertyValue {
    const word = this.#take(/[^\s,:#()[\]{}'"]+/) ?? ''
    const constant = words.get(word)
    if (constant !== undefined) return constant
    const number = parseNumber(word)
    if (number !== undefined) return number
    const rest = word === '' ? this.#text.slice(this.#at) : word
    if (rest === '') throw new Error('unexpected end of the value')
    throw new Error(
      `'${rest}' is not a number, a quoted string, True, False, None or a list of them`,
    )
  }
}

function parseNumber(word: string): number | undefined {
  const text = word.replaceAll('_', '').replace(/[lL]$/, '')
  const isDecimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)
  const isPrefixed = /^0(x[\da-f]+|o[0-7]+|b[01]+)$/i.test(text)
  if (!isDecimal && !isPrefixed) return undefined
  const value = Number(text)
  const isInteger = isPrefixed || /^[+-]?\d+$/.test(text)
  if (!Number.isFinite(value) || (isInteger && !isKept(BigInt(text), value))) {
    throw new Error(`the number ${word} is too large to be kept exactly`)
  }
  return value
}

/** Whether the number is the integer, or will at least be written as its digits. */
function isKept(integer: bigint, value: number): boolean {
  return integer === BigInt(value) || String(integer) === String(value)
}
