import { describe, expect, test } from 'vitest'
import { tenantNames, tenantOfHost } from '../src/tenant-name.ts'

describe('tenantNames', () => {
  test('counts from 01', () => {
    expect(tenantNames(3)).toEqual(['tenant-01', 'tenant-02', 'tenant-03'])
  })

  test('has as many digits as the last name needs', () => {
    expect(tenantNames(100)[0]).toBe('tenant-001')
  })
})

describe('tenantOfHost', () => {
  test.each([
    ['the first label', 'tenant-07.localhost', 'tenant-07'],
    ['without the port', 'tenant-07.localhost:8080', 'tenant-07'],
    ['in lower case', 'Tenant-07.LOCALHOST', 'tenant-07'],
    ['without www.', 'www.tenant-07.example.org', 'tenant-07'],
    ['of an absolute name too', 'tenant-07.localhost.', 'tenant-07'],
    ['none for one label', 'localhost:8080', undefined],
    ['none for an IPv4 address', '127.0.0.1:8080', undefined],
    ['none for an IPv6 address', '[::1]:8080', undefined],
    ['none for no host', undefined, undefined],
    ['none for an empty host', '', undefined],
  ])('takes %s', (_, host, tenant) => {
    expect(tenantOfHost(host)).toBe(tenant)
  })
})
