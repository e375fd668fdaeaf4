/** What the load balancer adds to the fields of responses: the id of the request, and `Via`. Pure. */
import { type KnownField, knownField, pseudonym } from './known-fields.ts'

const viaLine = `Via: 1.1 ${pseudonym}\r\n`

/** The same for all requests, but for their ids. */
export class OwnFields {
  readonly #idName: string
  readonly #lowerCaseName: string
  readonly #knownName: KnownField | undefined
  /** The line with the id, up to the id. */
  readonly #beforeId: string
  /** The end of that line, and the lines after it. */
  readonly #afterId: string
  readonly #via: string

  /** `idName`: the name of the field for ids; empty if there is to be none. */
  constructor(idName: string, sendsVia: boolean) {
    this.#idName = idName
    this.#lowerCaseName = idName.toLowerCase()
    this.#knownName = knownField(idName)
    this.#via = sendsVia ? viaLine : ''
    this.#beforeId = `${idName}: `
    this.#afterId = `\r\n${this.#via}`
  }

  /** Whether responses get an id. */
  get hasId(): boolean {
    return this.#idName !== ''
  }

  /** Whether a field with this name is the one for ids. `known` is what `knownField` returns. */
  isId(name: string, known: KnownField | undefined): boolean {
    const wanted = this.#lowerCaseName
    if (known !== this.#knownName || name.length !== wanted.length) return false
    return name.toLowerCase() === wanted
  }

  /** The lines to add, each with its CR LF. `addsId`: the response has no id yet. */
  lines(id: string, addsId: boolean): string {
    return addsId ? `${this.#beforeId}${id}${this.#afterId}` : this.#via
  }

  /** The field for the id: its name and its value, or nothing. */
  idPair(id: string): readonly string[] {
    return this.hasId ? [this.#idName, id] : []
  }
}

/** Adds nothing. */
export const noOwnFields: OwnFields = new OwnFields('', false)
