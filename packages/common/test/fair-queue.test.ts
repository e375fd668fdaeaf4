import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FairQueue, type MayBegin } from '../src/fair-queue.ts'
import type { Turn } from '../src/flow.ts'
import { maxFlows } from '../src/flow-table.ts'
import { tolerance } from '../src/virtual-clock.ts'

/** Begins the next turn. */
function take<Item>(queue: FairQueue<Item>, now: number): Turn<Item> | undefined {
  const turn = queue.next(now)
  if (turn !== undefined) queue.start(turn, now)
  return turn
}

/** A server with one slot, and flows that always have something waiting. */
class Server {
  now = 0
  readonly queue: FairQueue<string>
  /** Seconds of service by flow. */
  readonly used = new Map<string, number>()
  readonly served: string[] = []

  constructor(mayBegin?: MayBegin<string>) {
    this.queue = new FairQueue(mayBegin)
  }

  ask(name: string, expected = 0.01, isKnown = true): Turn<string> {
    const turn = this.queue.turnOf(name, name, expected, isKnown)
    this.queue.add(turn)
    return turn
  }

  /** Serves the next request for as long as `secondsOf` says. */
  serve(secondsOf: (name: string) => number): string | undefined {
    const turn = take(this.queue, this.now)
    if (turn === undefined) return undefined
    const seconds = secondsOf(turn.item)
    this.now += seconds
    this.queue.end(turn, this.now)
    this.served.push(turn.item)
    this.used.set(turn.item, (this.used.get(turn.item) ?? 0) + seconds)
    return turn.item
  }
}

const seconds = fc.double({ min: 0.001, max: 1, noNaN: true })

describe('flows', () => {
  /** Serves flows that always have something waiting: the times that each got. */
  function serveAll(turns: readonly number[], count = 400): number[] {
    const server = new Server()
    const ask = (i: number) => server.ask(`${i}`, turns[i])
    for (const i of turns.keys()) for (let n = 0; n < 2; n++) ask(i)
    for (let n = 0; n < count; n++) ask(Number(server.serve((of) => turns[Number(of)]!)))
    return [...turns.keys()].map((i) => server.used.get(`${i}`) ?? 0)
  }

  const lengths = fc.array(seconds, { minLength: 2, maxLength: 8 })

  test('get equal times if two of them wait, but for a turn of each and the tolerance', () => {
    const two = fc.array(seconds, { minLength: 2, maxLength: 2 })
    fc.assert(
      fc.property(two, (turns) => {
        const used = serveAll(turns)
        const tolerated = 2 * Math.max(...turns) + tolerance + 1e-9
        expect(Math.max(...used) - Math.min(...used)).toBeLessThanOrEqual(tolerated)
      }),
      { numRuns: 50 },
    )
  })

  test('get at most twice an equal share, or half, if all of them wait', () => {
    fc.assert(
      fc.property(lengths, (turns) => {
        const used = serveAll(turns)
        const sum = used.reduce((all, one) => all + one, 0)
        const share = Math.max(1 / 2, 2 / turns.length) * sum
        const tolerated = turns.reduce((all, one) => all + one, 0) + tolerance
        expect(Math.max(...used)).toBeLessThanOrEqual(share + tolerated)
      }),
      { numRuns: 100 },
    )
  })

  test('get at least half an equal share if all of them wait', () => {
    fc.assert(
      fc.property(lengths, (turns) => {
        const used = serveAll(turns)
        const sum = used.reduce((all, one) => all + one, 0)
        const tolerated = turns.reduce((all, one) => all + one, 0) + tolerance
        expect(Math.min(...used)).toBeGreaterThanOrEqual(sum / turns.length / 2 - tolerated)
      }),
      { numRuns: 100 },
    )
  })

  test('come in the order of their arrival while none has used more than its share', () => {
    const server = new Server()
    const names = ['a', 'a', 'b', 'a', 'c', 'a', 'b', 'a']
    for (const name of names) server.ask(name)
    for (const _ of names) server.serve(() => 0.01)
    expect(server.served).toEqual(names)
  })

  test('that use little wait no longer than the tolerance for what others have waiting', () => {
    const server = new Server()
    for (const name of ['a', 'b']) for (let n = 0; n < 500; n++) server.ask(name)
    for (let n = 0; n < 60; n++) server.serve(() => 0.01)
    for (let n = 0; n < 20; n++) {
      server.ask('light')
      const before = server.now
      for (let i = 0; i < 20; i++) if (server.serve(() => 0.01) === 'light') break
      expect(server.served.at(-1)).toBe('light')
      expect(server.now - before).toBeLessThanOrEqual(tolerance + 0.02 + 1e-9)
    }
  })

  test('that use little wait for no more than one turn of another that has many', () => {
    const server = new Server()
    for (let n = 0; n < 500; n++) server.ask('many')
    for (let n = 0; n < 60; n++) server.serve(() => 0.01)
    for (let n = 0; n < 20; n++) {
      server.ask('light')
      expect(server.serve(() => 0.01)).toBe('light')
      for (let i = 0; i < 9; i++) server.serve(() => 0.01)
    }
  })

  test('do not starve: each that waits is served after a request or the tolerance of each other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), seconds, (others, each) => {
        const server = new Server()
        for (let i = 0; i < others; i++) for (let n = 0; n < 50; n++) server.ask(`${i}`, each)
        for (let n = 0; n < 10; n++) server.serve(() => each)
        server.ask('late', each)
        const turns = others * (1 + Math.ceil(tolerance / each))
        for (let n = 0; n <= turns; n++) server.serve(() => each)
        expect(server.served).toContain('late')
      }),
    )
  })

  test('are in order within themselves', () => {
    const queue = new FairQueue<number>()
    for (let i = 0; i < 10; i++) queue.add(queue.turnOf(i, 'a', 0.01, true))
    const order: number[] = []
    for (let turn = take(queue, 0); turn !== undefined; turn = take(queue, 0)) order.push(turn.item)
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('that were idle gain no more from it than the tolerance', () => {
    const server = new Server()
    for (let n = 0; n < 100; n++) server.ask('busy')
    for (let n = 0; n < 50; n++) server.serve(() => 0.01)
    for (let n = 0; n < 100; n++) server.ask('idle')
    for (let n = 0; n < 20; n++) server.serve(() => 0.01)
    expect(server.served.slice(50).filter((name) => name === 'idle')).toHaveLength(15)
  })

  test('are charged for a request that takes longer than expected, while it runs', () => {
    const queue = new FairQueue<string>()
    const ask = (name: string) => queue.add(queue.turnOf(name, name, 0.01, true))
    for (let n = 0; n < 20; n++) for (const name of ['long', 'short']) ask(name)
    const long = take(queue, 0)
    expect(long?.item).toBe('long')
    // Another slot serves others, for a second; the long one goes on.
    const served: (string | undefined)[] = []
    for (let n = 1; n <= 10; n++) {
      const turn = take(queue, n / 10)
      served.push(turn?.item)
      if (turn !== undefined) queue.end(turn, n / 10 + 0.01)
    }
    expect(served.filter((name) => name === 'long').length).toBeLessThanOrEqual(1)
  })

  test('that pay more than expected let others go first', () => {
    const server = new Server()
    for (let n = 0; n < 30; n++) for (const name of ['long', 'short']) server.ask(name, 0.01)
    for (let n = 0; n < 22; n++) server.serve((name) => (name === 'long' ? 0.1 : 0.01))
    expect(server.served.filter((name) => name === 'long')).toHaveLength(3)
  })

  test('are not shut out for long by one long request', () => {
    const server = new Server()
    for (let n = 0; n < 2; n++) server.ask('long')
    server.serve(() => 3600)
    for (let n = 0; n < 200; n++) server.ask('short')
    for (let n = 0; n < 102; n++) server.serve(() => 0.1)
    expect(server.served.filter((name) => name === 'long')).toHaveLength(2)
  })

  test('are not shut out for long by a turn that ends before its expected time', () => {
    const server = new Server()
    server.ask('long', 86_400)
    server.ask('other')
    const long = take(server.queue, 0)
    expect(long?.item).toBe('long')
    server.ask('early')
    server.ask('early')
    for (let n = 0; n < 2; n++) server.serve(() => 0.01)
    expect(server.served).toEqual(['other', 'early'])
    if (long !== undefined) server.queue.end(long, server.now)
    for (let n = 0; n < 120; n++) {
      server.ask(`late ${n}`)
      server.serve(() => 0.1)
    }
    expect(server.served.filter((name) => name === 'early')).toHaveLength(2)
  })

  test('whose requests take no time do not get all turns', () => {
    const server = new Server()
    for (let n = 0; n < 100; n++) for (const name of ['free', 'other']) server.ask(name, 0)
    for (let n = 0; n < 20; n++) server.serve(() => 0)
    expect(server.served.filter((name) => name === 'other')).toHaveLength(10)
  })

  test('begin anew when nothing waits', () => {
    const server = new Server()
    server.ask('a')
    server.serve(() => 9)
    for (let n = 0; n < 4; n++) for (const name of ['a', 'b']) server.ask(name)
    for (let n = 0; n < 4; n++) server.serve(() => 1)
    expect(server.served.slice(1)).toEqual(['a', 'b', 'a', 'b'])
  })
})

describe('names', () => {
  test('that are not known share one flow', () => {
    const server = new Server()
    for (let i = 0; i < 1000; i++) server.ask(`invented ${i}`, 0.01, false)
    for (let n = 0; n < 1000; n++) server.ask('known')
    for (let n = 0; n < 200; n++) server.serve(() => 0.01)
    const known = server.served.filter((name) => name === 'known').length
    expect(Math.abs(known - 100)).toBeLessThanOrEqual(tolerance / 0.01)
  })

  test('that are not known take turns within that flow', () => {
    const server = new Server()
    for (let n = 0; n < 500; n++) server.ask('flood', 0.01, false)
    for (let n = 0; n < 60; n++) server.serve(() => 0.01)
    server.ask('new', 0.01, false)
    expect(server.serve(() => 0.01)).toBe('new')
  })

  test('beyond the limit share one flow, and those that wait no more make room', () => {
    const server = new Server()
    for (let i = 0; i < maxFlows; i++) server.ask(`${i}`)
    expect(server.ask('shares').flow.name).toBe('')
    for (let i = 0; i < maxFlows + 1; i++) server.serve(() => 0.01)
    expect(server.ask('has its own').flow.name).toBe('has its own')
  })

  test('may be empty', () => {
    const server = new Server()
    const named = server.ask('', 0.01, true)
    const invented = server.ask('invented', 0.01, false)
    expect(named.flow).not.toBe(invented.flow)
    expect(server.ask('', 0.01, true).flow).toBe(named.flow)
  })
})

test('what is taken out does not come, and leaves nothing behind', () => {
  const step = fc.record({
    what: fc.constantFrom('add', 'remove', 'take', 'end'),
    flow: fc.constantFrom('a', 'b', 'new c', 'new d', 'new e'),
    which: fc.nat(),
  })
  /** Of the class a, one may run at once; of each that is new, one; of all that are new, two. */
  const limits = { own: 1, newcomer: 1, newcomers: 2 }
  const isKnown = (name: string) => !name.startsWith('new')
  interface Item {
    readonly name: string
  }
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const queue = new FairQueue<Item>(
        ({ name }, flow) => name === 'b' || flow.running < limits[flow.account],
      )
      let waiting: Turn<Item>[] = []
      const running: Turn<Item>[] = []
      const count = (isMeant: (name: string) => boolean) =>
        running.filter(({ item }) => isMeant(item.name)).length
      const mayBegin = (name: string) => {
        if (name === 'b') return true
        const others = count((other) => other === name)
        return others === 0 && (isKnown(name) || count((other) => !isKnown(other)) < 2)
      }
      for (const [now, { what, flow, which }] of steps.entries()) {
        if (what === 'add') {
          const turn = queue.turnOf({ name: flow }, flow, 1, isKnown(flow))
          queue.add(turn)
          waiting.push(turn)
        } else if (what === 'remove' && waiting.length > 0) {
          const turn = waiting[which % waiting.length]!
          queue.remove(turn)
          queue.remove(turn)
          waiting = waiting.filter((other) => other !== turn)
        } else if (what === 'take') {
          const beginners = waiting.filter(({ item }) => mayBegin(item.name))
          const turn = take(queue, now)
          // Work-conserving: it has one if any may begin; and the first of its class.
          expect(turn === undefined).toBe(beginners.length === 0)
          if (turn === undefined) continue
          expect(beginners.find(({ item }) => item.name === turn.item.name)).toBe(turn)
          waiting = waiting.filter((other) => other !== turn)
          running.push(turn)
        } else if (what === 'end' && running.length > 0) {
          const [turn] = running.splice(which % running.length, 1)
          queue.end(turn!, now)
        }
        expect(queue.size).toBe(waiting.length)
        for (const { flow: each } of [...waiting, ...running]) {
          expect(each.running).toBe(running.filter((turn) => turn.flow === each).length)
        }
      }
    }),
  )
})
