import { describe, expect, test } from 'vitest'
import { StateError } from '../../src/errors.ts'
import {
  type ExchangeEvent,
  type ExchangeState,
  nextExchangeState,
} from '../../src/proxy/exchange-state.ts'

describe('an exchange', () => {
  const events: readonly ExchangeEvent[] = ['assigned', 'queued', 'answered', 'granted', 'ended']

  /** By state, what each of the events leads to; `-`: it cannot happen. */
  const rows: [state: ExchangeState, ...next: (ExchangeState | '-')[]][] = [
    ['collecting', 'asked', 'waiting', '-', '-', 'over'],
    ['waiting', 'asked', '-', '-', '-', 'over'],
    ['asked', 'asked', 'waiting', 'answering', 'upgraded', 'over'],
    ['answering', '-', '-', '-', '-', 'over'],
    ['upgraded', '-', '-', '-', '-', 'over'],
    ['over', '-', '-', '-', '-', '-'],
  ]

  test.each(rows)('that is %s goes on, event by event, to %s, %s, %s, %s, %s', (state, ...next) => {
    for (const [at, event] of events.entries()) {
      if (next[at] === '-') expect(() => nextExchangeState(state, event)).toThrow(StateError)
      else expect(nextExchangeState(state, event)).toBe(next[at])
    }
  })
})
