import { describe, expect, test } from 'vitest'
import {
  type StreamEvent,
  type StreamState,
  streamEvents,
  streamStates,
} from '../src/stream-state.ts'

/** Short for the states, in the order of the columns below. */
const columns: readonly (readonly [string, StreamState])[] = [
  ['idle', 'idle'],
  ['oA', 'openAwaitingHead'],
  ['hA', 'halfClosedAwaitingHead'],
  ['oO', 'openOwingHead'],
  ['hO', 'halfClosedOwingHead'],
  ['open', 'open'],
  ['hL', 'halfClosedLocal'],
  ['hR', 'halfClosedRemote'],
  ['rA', 'resetAwaitingHead'],
  ['rst', 'reset'],
  ['end', 'closed'],
]

/**
 * What each event (row) does in each state (column): the next state; with `!`, a RESET is answered;
 * `·` nothing is sent, `M` a mistake of the program, `V` a violation by the peer.
 */
const grid = `
                 idle  oA    hA    oO    hO    open  hL    hR    rA    rst   end
sendRequest      oA    M     M     M     M     M     M     M     M     M     M
sendInterim      M     M     ·     oO    hO    M     ·     M     ·     ·     ·
sendHead         M     M     ·     open  hR    M     ·     M     ·     ·     ·
sendBody         M     oA    ·     M     M     open  ·     hR    ·     ·     ·
sendEnd          M     hA    ·     M     M     hL    ·     end   ·     ·     ·
sendReset        M     rA    rA    rst   end   rst   rst   end   ·     ·     ·
sendCredit       M     oA    hA    oO    ·     open  hL    ·     ·     ·     ·
receiveRequest   oO    V     V     V     V     V     V     V     V     V     V
receiveInterim   V     oA    hA    V     V     V     V     V     rA    V     V
receiveHead      V     open  hL    V     V     V     V     V     rst   V     V
receiveBody      V     V     V     oO    V     open  hL    V     V     rst   V
receiveEnd       V     V     V     hO    V     hR    end   V     V     end   V
receiveReset     V     end!  end   end!  end!  end!  end   end!  end   end   ·
receiveCredit    V     oA    hA    oO    hO    open  hL    hR    rA    rst   ·
disconnect       end   end   end   end   end   end   end   end   end   end   ·
`

const signs = { enter: '', answer: '!', ignore: '·', mistake: 'M', violation: 'V' } as const

/** A transition as the grid shows it. */
function cell(state: StreamState, event: StreamEvent): string {
  const { does, to } = streamStates[state][event]
  if (does !== 'enter' && does !== 'answer') return signs[does]
  return `${columns.find(([, name]) => name === to.name)?.[0]}${signs[does]}`
}

const [head = '', ...rows] = grid.trim().split('\n')
const expected = rows.map((row) => row.split(/\s+/))
const events = streamEvents
const states = columns.map(([, state]) => state)

describe('The states of a stream', () => {
  test('are all in the table, with all events', () => {
    expect(expected.map(([event]) => event)).toEqual([...streamEvents])
    expect([...states].sort()).toEqual(Object.keys(streamStates).sort())
  })

  test.each(expected)('%s is allowed, ignored or refused as the table says', (event, ...cells) => {
    expect(head.trim().split(/\s+/)).toEqual(columns.map(([short]) => short))
    expect(states.map((state) => cell(state, event as StreamEvent))).toEqual(cells)
  })

  test('stay as they are when something is ignored or refused, with a reason for each refusal', () => {
    for (const state of states) {
      for (const event of events) {
        const { does, to, why } = streamStates[state][event]
        const isRefused = does === 'mistake' || does === 'violation'
        if (isRefused || does === 'ignore') expect(to.name).toBe(state)
        expect(why !== '').toBe(isRefused)
      }
    }
  })

  test('let a side that has sent RESET send nothing more', () => {
    const sends = events.filter((event) => event.startsWith('send') && event !== 'sendRequest')
    for (const state of ['resetAwaitingHead', 'reset'] as const) {
      for (const event of sends) expect(streamStates[state][event].does).toBe('ignore')
    }
  })

  test('blame the program for what it sends, and the peer for what comes', () => {
    for (const state of states) {
      for (const event of events) {
        const { does } = streamStates[state][event]
        if (does === 'mistake') expect(event).toMatch(/^send/)
        if (does === 'violation') expect(event).toMatch(/^receive/)
      }
    }
  })

  test('all can be reached from idle', () => {
    const reached = new Set<StreamState>(['idle'])
    for (const state of reached) {
      for (const event of events) reached.add(streamStates[state][event].to.name)
    }
    expect([...reached].sort()).toEqual([...states].sort())
  })
})
