/** Settings from the properties of a node, over those that count without it. */
import { LastValidProperties, type PropertyCheck } from './last-valid-properties.ts'
import type { SessionLogger } from './log-session-events.ts'
import type { Properties } from './node-data.ts'

export interface NodeSettingsOptions {
  /** What counts for the settings that the node does not have. */
  readonly base: object
  /** What properties are called as settings. Of two for the same setting the later one wins. */
  readonly names: ReadonlyMap<string, string>
  /** The check of a property; `undefined` for an unknown one, which is ignored. */
  readonly checkOf: (property: string) => PropertyCheck | undefined
  /** Hears of each property that is ignored. */
  readonly log: Pick<SessionLogger, 'warn'>
  /** The node, for the log. */
  readonly path: string
}

/** Makes settings of a node's properties, again with each change of them. */
export class NodeSettings {
  #base: object
  readonly #names: ReadonlyMap<string, string>
  readonly #properties: LastValidProperties
  #good: Properties = {}

  constructor({ base, names, checkOf, log, path }: NodeSettingsOptions) {
    this.#base = base
    this.#names = names
    this.#properties = new LastValidProperties(checkOf, (property, value, reason) =>
      log.warn({ path, property, value, reason }, 'property ignored'),
    )
  }

  /** The settings that count now: of a bad property the last that was good. */
  take(properties: Properties | undefined): Record<string, unknown> {
    this.#good = this.#properties.take(properties)
    return this.#settings()
  }

  /** Replaces what counts without the node. The settings that count now. */
  rebase(base: object): Record<string, unknown> {
    this.#base = base
    return this.#settings()
  }

  #settings(): Record<string, unknown> {
    const good = this.#good
    const settings: Record<string, unknown> = { ...this.#base }
    for (const [property, value] of Object.entries(good)) {
      if (!this.#names.has(property)) settings[property] = value
    }
    for (const [property, setting] of this.#names) {
      if (good[property] !== undefined) settings[setting] = good[property]
    }
    return settings
  }
}
