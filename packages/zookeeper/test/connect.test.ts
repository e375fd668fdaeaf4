import { OptionError } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { freePorts } from '../../../test/support/zookeeper-server.ts'
import { connect } from '../src/connect.ts'
import type { Unreachable } from '../src/session.ts'
import { eventually, patient } from './harness.ts'

describe('connect', () => {
  test('refuses a bad connection string at once', async () => {
    await expect(connect('a:b')).rejects.toThrow(OptionError)
    await expect(connect('a', { connectTimeout: 0 })).rejects.toThrow('connectTimeout')
  })

  test('gives up after its time, naming the servers and the reason', patient, async () => {
    const [port] = await freePorts(1)
    const attempt = connect(`127.0.0.1:${port}`, { connectTimeout: 300 })
    await expect(attempt).rejects.toMatchObject({ code: 'UNREACHABLE' })
    await expect(attempt).rejects.toThrow(`127.0.0.1:${port} within 0.3 s: connect ECONNREFUSED`)
  })

  test(
    'says when it cannot reach a server, and continues until it is aborted',
    patient,
    async () => {
      const [port] = await freePorts(1)
      const news: Unreachable[] = []
      const controller = new AbortController()
      const attempt = connect(`127.0.0.1:${port}`, {
        connectTimeout: Number.POSITIVE_INFINITY,
        unreachableAfter: 50,
        unreachableEvery: 100,
        onUnreachable: (item) => news.push(item),
        signal: controller.signal,
      })
      attempt.catch(() => undefined)
      await eventually(() => news.length).toBeGreaterThan(2)
      expect(news[0]).toMatchObject({ connectionString: `127.0.0.1:${port}` })
      await eventually(() => news.at(-1)?.cause?.message).toContain('ECONNREFUSED')
      controller.abort(new Error('enough'))
      await expect(attempt).rejects.toThrow('enough')
    },
  )
})
