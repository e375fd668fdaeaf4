/** The settings of workers in a tree: their names there, and what they may be. */
import type { Logger } from '@resumelb/common'
import { LastValidProperties, type Properties, type PropertyCheck } from '@resumelb/zookeeper'
import { resolveSettings, type WorkerSettings } from '../options.ts'

/** Names as in the trees of zc.resumelb, whose `threads` is our `concurrency`. */
const names: Readonly<Record<string, 'history' | 'maxSkillAge' | 'concurrency'>> = {
  history: 'history',
  max_skill_age: 'maxSkillAge',
  threads: 'concurrency',
  concurrency: 'concurrency',
}

/** Makes settings of a node's properties, again with each change of them. */
export class LiveSettings {
  readonly #base: WorkerSettings
  readonly #properties: LastValidProperties

  /** `base` is what counts for the settings that the node does not have. */
  constructor(base: WorkerSettings, path: string, log: Logger) {
    this.#base = base
    this.#properties = new LastValidProperties(checkOf, (name, value, reason) =>
      log.warn({ path, property: name, value, reason }, 'property ignored'),
    )
  }

  /** The settings that count now. */
  take(properties: Properties | undefined): WorkerSettings {
    const good = this.#properties.take(properties)
    const settings: Record<string, unknown> = { ...this.#base }
    // In the order of the names: concurrency, if both are there, wins over threads.
    for (const [name, setting] of Object.entries(names)) {
      if (good[name] !== undefined) settings[setting] = good[name]
    }
    return settings as WorkerSettings
  }
}

function checkOf(name: string): PropertyCheck | undefined {
  const setting = Object.hasOwn(names, name) ? names[name] : undefined
  return setting && ((value) => void resolveSettings({ [setting]: value }))
}
