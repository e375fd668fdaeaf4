import { copyFileSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import type { SecureContext } from 'node:tls'
import type { Logger } from '@resumelb/common'
import { ManualClock, settle, until } from '@resumelb/common/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { CertificateFolder, makeCertificate } from '../../../../../test/support/certificates.ts'
import { Certificates } from '../../../src/listener/tls/certificates.ts'

const folder = new CertificateFolder()
type Files = { cert: string; key: string }
let [a, b, wild]: Files[] = []

beforeAll(async () => {
  a = folder.write('a', await makeCertificate(['a.example', 'both.example']))
  b = folder.write('b', await makeCertificate(['b.example', 'both.example']))
  wild = folder.write('wild', await makeCertificate(['*.c.example']))
})
afterAll(() => folder.remove())

/** A logger that keeps what it is told. */
function keepingLogger(): { log: Logger; lines: string[] } {
  const lines: string[] = []
  const keep = (level: string) => (facts: object, text: string) =>
    lines.push(`${level}: ${text} ${JSON.stringify(facts).replaceAll(folder.path, '')}`)
  const log = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
  return { log, lines }
}

describe('Certificates', () => {
  test('takes over the files of others, and keeps what is the same', () => {
    const { log, lines } = keepingLogger()
    const certificates = new Certificates([a, b] as Files[], { log })
    const kept = certificates.contextFor('a.example')
    const changes: string[] = []
    onTestFinished(certificates.watch(() => void changes.push('changed')))
    expect(certificates.adopt(new Certificates([a, b] as Files[]))).toBe(false)
    expect(certificates.adopt(new Certificates([a, wild] as Files[]))).toBe(true)
    expect(certificates.contextFor('a.example')).toBe(kept)
    expect(certificates.contextFor('b.example')).toBeUndefined()
    expect(certificates.contextFor('x.c.example')).toBeDefined()
    expect(certificates.adopt(new Certificates([a] as Files[]))).toBe(true)
    expect(changes).toHaveLength(2)
    expect(lines.join()).toMatch(/^info: certificate reloaded {"cert":"\/wild.pem"[^}]*}$/)
  })

  test('chooses by the exact name, then by a wildcard of one label, the first of several', () => {
    const certificates = new Certificates([a, b, wild] as Files[])
    const one = certificates.contextFor('a.example') as SecureContext
    const two = certificates.contextFor('B.Example') as SecureContext
    const three = certificates.contextFor('x.c.example') as SecureContext
    expect(new Set([one, two, three, undefined]).size).toBe(4)
    expect(certificates.contextFor('both.example')).toBe(one)
    expect(certificates.contextFor('x.y.c.example')).toBeUndefined()
    expect(certificates.contextFor('c.example')).toBeUndefined()
    expect(certificates.contextFor('')).toBeUndefined()
    expect(certificates.contextFor('localhost')).toBeUndefined()
  })

  test('the first is the default', () => {
    const { secureOptions } = new Certificates([b, a] as Files[], { minVersion: 'TLSv1.3' })
    expect(secureOptions.cert).toEqual(readFileSync((b as Files).cert))
    expect(secureOptions.minVersion).toBe('TLSv1.3')
  })

  test('refuses to be without a certificate', () => {
    expect(() => new Certificates([])).toThrow('Expected certificates to be at least one pair')
  })

  test('warns of one that has expired', async () => {
    const old = folder.write('old', await makeCertificate(['old.example'], { days: -1 }))
    const { log, lines } = keepingLogger()
    const certificates = new Certificates([old], { log })
    expect(certificates.certificates[0]?.names).toEqual(['old.example'])
    expect(lines).toEqual([
      expect.stringMatching(/^warn: certificate has expired: .* \{"cert":"\/old.pem","validTo":"/),
    ])
  })

  test('reloads what has changed, and keeps what has become bad', async () => {
    const first = folder.write('first', await makeCertificate(['1.example']))
    const second = folder.write('second', await makeCertificate(['2.example']))
    const { log, lines } = keepingLogger()
    const certificates = new Certificates([first, second], { log })
    const before = certificates.contextFor('2.example')
    expect(certificates.reload()).toBe(false)

    writeFileSync(first.cert, 'nothing')
    copyFileSync((b as Files).cert, second.cert)
    copyFileSync((b as Files).key, second.key)
    expect(certificates.reload()).toBe(true)
    expect(certificates.contextFor('1.example')).toBeDefined()
    expect(certificates.contextFor('2.example')).toBeUndefined()
    expect(certificates.contextFor('b.example')).not.toBe(before)
    expect(lines).toEqual([
      expect.stringMatching(/^error: cannot reload .*"cert":"\/first.pem".*BEGIN CERTIFICATE/),
      expect.stringMatching(/^info: certificate reloaded .*"\/second.pem"/),
    ])
  })

  test('reloads by itself when files behind links have changed and then stayed the same', async () => {
    const clock = new ManualClock()
    const { log, lines } = keepingLogger()
    const link = folder.file('link')
    symlinkSync((a as Files).cert, link)
    const certificates = new Certificates([{ cert: link, key: (a as Files).key }], { log, clock })
    const { key } = folder.write('live', await makeCertificate(['live.example']))
    let changes = 0
    const stop = certificates.watch(() => changes++)
    onTestFinished(stop)

    const look = async () => {
      const [alarms] = [clock.pending]
      await clock.advance(5_000)
      // The files are asked for outside of the clock.
      await until(() => clock.pending === alarms)
      await settle()
    }
    await look()
    await look()
    expect(changes).toBe(0)
    symlinkSync(folder.file('live.pem'), `${link}.new`)
    renameSync(`${link}.new`, link)
    await look()
    await look()
    // Its key is still that of the other one.
    expect(lines.splice(0)).toEqual([expect.stringMatching(/^error: cannot reload/)])
    await look()
    expect(lines).toEqual([])
    copyFileSync(key, (a as Files).key)
    await look()
    expect(changes).toBe(0)
    await look()
    expect(changes).toBe(1)
    expect(certificates.contextFor('live.example')).toBeDefined()
    stop()
    expect(clock.pending).toBe(0)
  })
})
