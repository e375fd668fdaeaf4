import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { poolKinds, poolNames } from '../../src/pool/registry.ts'
import type { SettingSpecs } from '../../src/pool/settings.ts'
import { singleVersionSettings } from '../../src/pool/wrappers/single-version-pool.ts'
import { statesSettings } from '../../src/pool/wrappers/states-pool.ts'

const page = readFileSync(new URL('../../../../docs/pools.md', import.meta.url), 'utf8')

const settings: [owner: string, specs: SettingSpecs][] = [
  ...poolNames.map((name): [string, SettingSpecs] => [name, poolKinds[name].settings]),
  ['any', statesSettings],
  ['any', singleVersionSettings],
]
const rows = settings.flatMap(([owner, specs]) =>
  Object.entries(specs).map(
    ([name, spec]) =>
      `| ${owner === 'any' ? 'any' : `\`${owner}\``} | \`${name}\` | ${spec.default} | ${spec.help} |`,
  ),
)

describe('docs/pools.md', () => {
  test.each(poolNames)('tells of %s', (name) => expect(page).toContain(`| \`${name}\` |`))

  test('lists all settings with their defaults, and none that are not', () => {
    const [, table = ''] = page.split('| pool | setting | default | means |\n|---|---|---|---|\n')
    const [listed = ''] = table.split('\n\n')
    expect(listed.split('\n')).toEqual(rows)
  })
})
