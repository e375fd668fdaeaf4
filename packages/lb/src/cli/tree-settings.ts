/** The settings of a load balancer in a tree: their names there, and what they may be. */
import type { Logger } from '@resumelb/common'
import { LastValidProperties, type Properties, type PropertyCheck } from '@resumelb/zookeeper'
import { resolveSettings, type SettingSpec, snakeCase } from '../pool/settings.ts'
import { singleVersionSettings } from '../pool/wrappers/single-version-pool.ts'
import { poolSettings } from './syntax.ts'

interface KnownSetting {
  /** The name that pools know it by. */
  readonly name: string
  readonly spec: SettingSpec
}

/** Makes settings of a node's properties, again with each change of them. */
export class TreeSettings {
  readonly #base: Readonly<Record<string, unknown>>
  readonly #known: ReadonlyMap<string, KnownSetting> = knownSettings()
  readonly #properties: LastValidProperties

  /**
   * `base` is what counts for the settings that the node does not have. With `takesOthers`,
   * properties that are no known settings are settings too: those of a pool of the user's own.
   */
  constructor(
    base: Readonly<Record<string, unknown>>,
    { takesOthers, path, log }: { takesOthers: boolean; path: string; log: Logger },
  ) {
    this.#base = base
    this.#properties = new LastValidProperties(
      (name) => this.#checkOf(name) ?? (takesOthers ? accept : undefined),
      (property, value, reason) => log.warn({ path, property, value, reason }, 'property ignored'),
    )
  }

  /** The settings that count now. */
  take(properties: Properties | undefined): Record<string, unknown> {
    const good = Object.entries(this.#properties.take(properties))
    const named = good.map(([name, value]) => [this.#known.get(name)?.name ?? name, value])
    return { ...this.#base, ...Object.fromEntries(named) }
  }

  #checkOf(property: string): PropertyCheck | undefined {
    const known = this.#known.get(property)
    if (known === undefined) return undefined
    return (value) => void resolveSettings({ [property]: known.spec }, { [property]: value })
  }
}

/** By their names in trees, which are as in those of zc.resumelb. */
function knownSettings(): Map<string, KnownSetting> {
  const known = new Map<string, KnownSetting>()
  for (const [name, { spec }] of poolSettings()) known.set(snakeCase(name), { name, spec })
  const { handover } = singleVersionSettings
  return known.set('version_handover', { name: 'handover', spec: handover })
}

const accept: PropertyCheck = () => undefined
