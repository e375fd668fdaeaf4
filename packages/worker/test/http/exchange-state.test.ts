import { describe, expect, test } from 'vitest'
import {
  type ExchangeEvent,
  type ExchangeState,
  nextExchangeState,
} from '../../src/http/exchange-state.ts'

describe('an exchange', () => {
  const events: readonly ExchangeEvent[] = ['completed', 'givenUp', 'left', 'closed']

  /** By state, what each of the events leads to. */
  const rows: [state: ExchangeState, ...next: ExchangeState[]][] = [
    ['responding', 'sending', 'closing', 'over', 'over'],
    ['sending', 'sending', 'sending', 'over', 'over'],
    ['closing', 'closing', 'closing', 'over', 'over'],
    ['over', 'over', 'over', 'over', 'over'],
  ]

  test.each(rows)('that is %s goes on, event by event, to %s, %s, %s, %s', (state, ...next) => {
    expect(events.map((event) => nextExchangeState(state, event))).toEqual(next)
  })
})
