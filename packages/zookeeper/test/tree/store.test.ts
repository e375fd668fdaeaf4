import { describe, expect, test } from 'vitest'
import { zookeeperAvailable } from '../../../../test/support/zookeeper-server.ts'
import { readAccess } from '../../src/auth.ts'
import type { Nodes } from '../../src/nodes.ts'
import { parseTree } from '../../src/tree/parse.ts'
import {
  deleteTree,
  exportTree,
  type ImportOptions,
  importTree,
  setProperties,
} from '../../src/tree/store.ts'
import { closeSessionsAfterEach, openSession, patient, useServer } from '../harness.ts'

const text = `/app
  /providers
/lb : ipvs
  default => /defaults threads
  threads = 3
  url = 'http://x'
  workers -> ../app
  /providers
`

describe.skipIf(!zookeeperAvailable())('trees in a server', patient, () => {
  const { place } = useServer()
  closeSessionsAfterEach()

  const start = async () => {
    const { session } = openSession(place())
    await session.nodes.ensure('/')
    const told: string[] = []
    const tell = (message: string): void => void told.push(message)
    const load = async (tree: string, options: ImportOptions = {}, path = '/') =>
      await importTree(session.nodes, parseTree(tree), path, options, tell)
    return { session, nodes: session.nodes as Nodes, told, tell, load }
  }

  test('are exported as they were imported', async () => {
    const { nodes, told, load } = await start()
    await load(text)
    await expect(exportTree(nodes)).resolves.toBe(text)
    await expect(exportTree(nodes, '/app')).resolves.toBe('/app\n  /providers\n')
    await load(text, {}, '/app')
    await expect(exportTree(nodes, '/app/lb/providers')).resolves.toBe('/providers\n')
    expect(told).toEqual([])
  })

  test('are exported without what processes have registered, unless that is wanted', async () => {
    const { session, nodes, load } = await start()
    await load('/p')
    await session.register('/p/a:1', { pid: 7 }).registered()
    await expect(exportTree(nodes)).resolves.toBe('/p\n')
    await expect(exportTree(nodes, '/', { ephemeral: true })).resolves.toBe(
      '/p\n  /a:1\n    pid = 7\n',
    )
  })

  test('replace properties, and have the access that was asked for', async () => {
    const { nodes, load } = await start()
    await load('/lb : old\n  a = 1\n  b = 2\n')
    await load('/lb\n  b = 3\n', { access: [...readAccess] })
    await expect(exportTree(nodes)).resolves.toBe('/lb\n  b = 3\n')
    await expect(nodes.access('/lb')).resolves.toEqual(readAccess)
  })

  test('tell what a dry run would do, and do nothing', async () => {
    const { nodes, told, load } = await start()
    const before = `/lb : ipvs
  gone = 'x'
  kept = 1
  same = [1]
  threads => /a
  away -> /away
  workers -> /app
  /old
`
    await load(before)
    const after = `/lb
  kept = 2
  new = ['a']
  same = [1]
  threads => /b
  there -> /there
  workers -> ../app
  /fresh
    /deeper
`
    await load(after, { dryRun: true, trim: true })
    // As zc.zk 2.1 says it, but for the equals sign that it writes into property links.
    expect(told).toEqual([
      '/lb remove link away -> /away',
      '/lb remove property gone = x',
      '/lb kept change from 1 to 2',
      '/lb threads link change from /a to /b',
      '/lb remove property type = ipvs',
      '/lb workers link change from /app to ../app',
      "/lb add property new = ['a']",
      '/lb add link there -> /there',
      'would delete /lb/old.',
      'add /lb/fresh',
    ])
    await expect(exportTree(nodes)).resolves.toBe(before)
  })

  test('keep what the text does not have, with or without listing it, or trim it', async () => {
    const { session, nodes, told, load } = await start()
    await load('/lb\n  /old\n    /older\n  /live\n/other\n')
    await session.register('/lb/live/a:1', {}).registered()
    await load('/lb\n')
    expect(told.splice(0)).toEqual([
      'extra path not trimmed: /lb/live',
      'extra path not trimmed: /lb/old',
    ])
    await load('/lb\n', { trim: false })
    expect(told).toEqual([])
    await load('/lb\n', { trim: true })
    expect(told).toEqual([
      "Not deleting /lb/live/a:1 because it's ephemeral.",
      '/lb/live not deleted due to ephemeral descendent.',
    ])
    await expect(exportTree(nodes)).resolves.toBe('/lb\n  /live\n/other\n')
    // A registration right below an imported node is left without a word.
    told.splice(0)
    await load('/lb\n  /live\n', { trim: true })
    expect(told).toEqual([])
  })

  test('need the node that they are imported under', async () => {
    const { load } = await start()
    await expect(load('/a', {}, '/missing')).rejects.toMatchObject({ code: 'NO_NODE' })
  })

  test('are deleted from the leaves up, but not what is registered', async () => {
    const { session, nodes, told, tell, load } = await start()
    await load('/lb\n  /a\n    /b\n  /live\n')
    const registration = session.register('/lb/live/x:1', {})
    await registration.registered()
    await expect(deleteTree(nodes, '/lb', { dryRun: true }, tell)).resolves.toBe(false)
    expect(told.splice(0)).toEqual([
      'would delete /lb/a/b.',
      'would delete /lb/a.',
      "wouldn't delete /lb/live/x:1 because it's ephemeral.",
      '/lb/live not deleted due to ephemeral descendent.',
      '/lb not deleted due to ephemeral descendent.',
    ])
    await expect(deleteTree(nodes, '/lb', {}, tell)).resolves.toBe(false)
    await expect(exportTree(nodes)).resolves.toBe('/lb\n  /live\n')
    await registration.unregister()
    await nodes.create('/lb/live/x:1', Buffer.alloc(0), { ephemeral: true })
    await expect(deleteTree(nodes, '/lb', { force: true }, tell)).resolves.toBe(true)
    await expect(exportTree(nodes)).resolves.toBe('')
    await expect(deleteTree(nodes, '/lb', {}, tell)).rejects.toMatchObject({ code: 'NO_NODE' })
  })

  test('have their properties changed one by one, also by several at a time', async () => {
    const { nodes, load } = await start()
    await load('/lb\n  a = 1\n')
    await Promise.all([
      setProperties(nodes, '/lb', { b: 2 }),
      setProperties(nodes, '/lb', { c: 3 }),
      setProperties(nodes, '/lb', { 'd ->': '/d' }),
    ])
    await setProperties(nodes, '/lb', { a: undefined })
    await expect(exportTree(nodes)).resolves.toBe('/lb\n  b = 2\n  c = 3\n  d -> /d\n')
  })
})
