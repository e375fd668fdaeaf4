/** The settings of workers in a ZooKeeper tree. */
import type { Logger } from '@resumelb/common'
import { NodeSettings } from '@resumelb/zookeeper'
import { resolveSettings, type WorkerSettings } from '../options.ts'

/**
 * Names as in the trees of zc.resumelb, whose `threads` is our `concurrency`, which takes
 * precedence.
 */
const names: ReadonlyMap<string, 'history' | 'maxSkillAge' | 'concurrency'> = new Map([
  ['history', 'history'],
  ['max_skill_age', 'maxSkillAge'],
  ['threads', 'concurrency'],
  ['concurrency', 'concurrency'],
])

/** Converts the properties of a node to {@link WorkerSettings}. */
export function liveSettings(base: WorkerSettings, path: string, log: Logger): NodeSettings {
  const checkOf = (property: string) => {
    const setting = names.get(property)
    return setting && ((value: unknown) => void resolveSettings({ [setting]: value }))
  }
  return new NodeSettings({ base, names, checkOf, path, log })
}
