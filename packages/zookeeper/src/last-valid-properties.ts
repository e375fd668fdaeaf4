/** Settings from a node that others may write: invalid ones are never passed on. */
import { isDeepStrictEqual } from 'node:util'
import type { Properties, PropertyValue } from './node-data.ts'

/** Throws an error, whose message says what is expected, if the value cannot be. */
export type PropertyCheck = (value: PropertyValue) => void

/** Hears what is wrong with a property, once for each value of it. */
export type PropertyComplaint = (name: string, value: PropertyValue, reason: string) => void

/** What zc.zk writes into a node for the word behind its name; no setting. */
const typeOfNode = 'type'

/** The only property of a node whose data are no properties at all. */
const noProperties = 'string_value'

/** Keeps, of the properties of one node, the last good values of those that have a check. */
export class LastValidProperties {
  readonly #checkOf: (name: string) => PropertyCheck | undefined
  readonly #complain: PropertyComplaint
  #good: Properties = {}
  #bad: Properties = {}

  /** `checkOf` gives the check of a property; `undefined` for an unknown one. */
  constructor(checkOf: (name: string) => PropertyCheck | undefined, complain: PropertyComplaint) {
    this.#checkOf = checkOf
    this.#complain = complain
  }

  /**
   * Takes what the node has now, and returns what counts: good values; of a bad one the last that
   * was good; nothing of what is absent or null. Without a node, or without properties in it,
   * everything stays: that is no setting but an accident.
   */
  take(properties: Properties | undefined): Properties {
    if (properties === undefined) return this.#good
    const good: Record<string, PropertyValue> = {}
    const bad: Record<string, PropertyValue> = {}
    for (const [name, value] of Object.entries(properties)) {
      if (name === typeOfNode || value === null) continue
      const fault = this.#fault(name, value)
      const last = this.#good[name]
      if (fault === undefined) good[name] = value
      else if (last !== undefined) good[name] = last
      if (fault === undefined) continue
      bad[name] = value
      if (!isDeepStrictEqual(this.#bad[name], value)) this.#complain(name, value, fault)
    }
    this.#bad = bad
    if (!(noProperties in bad)) this.#good = good
    return this.#good
  }

  #fault(name: string, value: PropertyValue): string | undefined {
    if (name === noProperties) return 'the data of the node are not a JSON object'
    const check = this.#checkOf(name)
    if (check === undefined) return 'not a setting'
    try {
      check(value)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}
