import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestId, ownedAccess, permissionBits, permissionsOf, readAccess } from '../src/auth.ts'

describe('access', () => {
  test("knows users by ZooKeeper's digest", () => {
    // The example of ZooKeeper's own documentation of DigestAuthenticationProvider.
    expect(digestId({ user: 'super', password: 'admin' })).toBe(
      'super:xQJmxLMiHGwaqBvst5y6rkB6HQs=',
    )
  })

  test('lets owners do everything and others read', () => {
    const owner = { user: 'lb', password: 'secret' }
    const access = ownedAccess(owner)
    expect(access.map(({ id }) => id)).toEqual([digestId(owner), 'anyone'])
    expect(access.map(({ permissions }) => permissionBits(permissions))).toEqual([31, 1])
    expect(readAccess.map(({ permissions }) => permissions)).toEqual([['read']])
  })

  test('turns numbers into permissions and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 31 }), (bits) => {
        expect(permissionBits(permissionsOf(bits))).toBe(bits)
      }),
    )
  })
})
