/** The settings of a load balancer in a ZooKeeper tree. */
import type { Logger } from '@resumelb/common'
import { NodeSettings, type PropertyCheck } from '@resumelb/zookeeper'
import { resolveSettings, type SettingSpec, snakeCase } from '../pool/settings.ts'
import { singleVersionSettings } from '../pool/wrappers/single-version-pool.ts'
import { poolSettings } from './syntax.ts'

interface KnownSetting {
  /** The name of the setting in the pool. */
  readonly name: string
  readonly spec: SettingSpec
}

interface TreeSettingsOptions {
  /** Also accepts properties that are not known settings: those of a user-defined pool. */
  readonly takesOthers: boolean
  readonly path: string
  readonly log: Logger
}

/**
 * Converts the properties of a node to settings. `base` has the values of settings that are not
 * given.
 */
export function treeSettings(
  base: Readonly<Record<string, unknown>>,
  { takesOthers, path, log }: TreeSettingsOptions,
): NodeSettings {
  const known = knownSettings()
  const checkOf = (property: string): PropertyCheck | undefined => {
    const spec = known.get(property)?.spec
    if (spec === undefined) return takesOthers ? accept : undefined
    return (value) => void resolveSettings({ [property]: spec }, { [property]: value })
  }
  const names = new Map([...known].map(([property, { name }]) => [property, name]))
  return new NodeSettings({ base, names, checkOf, path, log })
}

/** By name in the tree; the names are those of zc.resumelb. */
function knownSettings(): Map<string, KnownSetting> {
  const known = new Map<string, KnownSetting>()
  for (const [name, { spec }] of poolSettings()) known.set(snakeCase(name), { name, spec })
  const { handover } = singleVersionSettings
  return known.set('version_handover', { name: 'handover', spec: handover })
}

const accept: PropertyCheck = () => undefined
