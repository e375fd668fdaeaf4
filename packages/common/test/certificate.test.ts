import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CertificateFolder, makeCertificate } from '../../../test/support/certificates.ts'
import { OptionError, readCertificate } from '../src/index.ts'

const folder = new CertificateFolder()
const labels = { cert: '--tls-cert', key: '--tls-key' }
let one: { cert: string; key: string }
let other: { cert: string; key: string }

beforeAll(async () => {
  one = folder.write('one', await makeCertificate(['A.example', '*.b.example']))
  other = folder.write('other', await makeCertificate(['other.example']))
})
afterAll(() => folder.remove())

function messageOf(files: { cert: string; key?: string }): string {
  try {
    readCertificate(files, labels)
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError)
    return (error as OptionError).message.replaceAll(folder.path, '')
  }
  throw new Error('no error')
}

describe('readCertificate', () => {
  test('reads a certificate, its key, its names and dates', () => {
    const { names, validFrom, validTo, cert, key } = readCertificate(one)
    expect(names).toEqual(['a.example', '*.b.example'])
    expect(validTo.getTime()).toBeGreaterThan(Date.now())
    expect(validFrom.getTime()).toBeLessThan(Date.now())
    expect([cert, key]).toEqual([readFileSync(one.cert), readFileSync(one.key)])
  })

  test('finds the key in the file of the certificate', () => {
    const both = folder.file('both.pem')
    writeFileSync(both, `${readFileSync(one.cert, 'utf8')}\n`)
    expect(messageOf({ cert: both })).toBe(
      "Expected --tls-cert to be a PEM file with a private key, got '/both.pem' (it has no BEGIN PRIVATE KEY, or is damaged)",
    )
    appendFileSync(both, readFileSync(one.key))
    expect(readCertificate({ cert: both }).names).toHaveLength(2)
  })

  test('says which file is missing, or cannot be read', () => {
    expect(messageOf({ cert: folder.file('none') })).toBe(
      "Expected --tls-cert to be the path of a PEM file, got '/none' (there is no such file)",
    )
    expect(messageOf({ ...one, key: folder.path })).toBe(
      "Expected --tls-key to be the path of a PEM file, got '' (it is a directory)",
    )
    const secret = folder.file('secret')
    writeFileSync(secret, '')
    chmodSync(secret, 0)
    // The superuser may read everything.
    if (process.getuid?.() === 0) return
    expect(messageOf({ cert: secret })).toMatch(/\(this user may not read it\)$/)
  })

  test('says that a file has no certificate, or no key', () => {
    expect(messageOf({ cert: one.key })).toBe(
      "Expected --tls-cert to be a PEM file with a certificate, got '/one.key' (it has no BEGIN CERTIFICATE, or is damaged)",
    )
    expect(messageOf({ cert: one.cert, key: other.cert })).toMatch(/has no BEGIN PRIVATE KEY/)
  })

  test('says that a key belongs to another certificate', () => {
    expect(messageOf({ cert: one.cert, key: other.key })).toBe(
      "Expected --tls-key to be the private key of '/one.pem', got '/other.key' (it belongs to another certificate; in a chain, the server's own must come first)",
    )
  })

  test('says what to do with an encrypted key', async () => {
    const files = folder.write('locked', await makeCertificate([], { passphrase: 'x' }))
    expect(messageOf(files)).toMatch(/\(it is encrypted: decrypt it with openssl pkey/)
  })
})
