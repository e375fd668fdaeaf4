import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ReceiveWindow, SendWindow } from '../src/window.ts'

describe('SendWindow', () => {
  test('has as much credit as it has not spent', () => {
    const window = new SendWindow(100)
    window.spend(60)
    expect(window.credit).toBe(40)
    expect(window.widen(25)).toBe(true)
    expect(window.credit).toBe(65)
  })

  test('refuses more credit than was spent', () => {
    const window = new SendWindow(100)
    window.spend(60)
    expect(window.widen(60)).toBe(true)
    expect(window.widen(1)).toBe(false)
  })
})

describe('ReceiveWindow', () => {
  test('takes one window and refuses a byte more', () => {
    const window = new ReceiveWindow(100)
    expect(window.take(60)).toBe(true)
    expect(window.take(40)).toBe(true)
    expect(window.take(1)).toBe(false)
  })

  test('gives credit in quarters, for what was consumed', () => {
    const window = new ReceiveWindow(100)
    window.take(100)
    expect(window.consume(24)).toBe(0)
    expect(window.unread).toBe(76)
    expect(window.consume(1)).toBe(25)
    expect(window.take(25)).toBe(true)
    expect(window.take(1)).toBe(false)
  })

  test.each([-1, Number.NaN, 11])('refuses that %d of 10 unread bytes were consumed', (bytes) => {
    const window = new ReceiveWindow(100)
    window.take(10)
    expect(() => window.consume(bytes)).toThrow(RangeError)
  })
})

test('credit is conserved whatever the two ends do', () => {
  const steps = fc.array(
    fc.tuple(fc.constantFrom('send', 'arrive', 'consume', 'credit'), fc.nat(80)),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), steps, (size, all) => {
      const scheduler = new SendWindow(size)
      const receiver = new ReceiveWindow(size)
      let sent = 0
      let creditUnderWay = 0
      let creditOwed = 0
      for (const [step, most] of all) {
        if (step === 'send') {
          const bytes = Math.min(most, scheduler.credit)
          scheduler.spend(bytes)
          sent += bytes
        } else if (step === 'arrive') {
          const bytes = Math.min(most, sent)
          sent -= bytes
          expect(receiver.take(bytes)).toBe(true)
        } else if (step === 'consume') {
          const bytes = Math.min(most, receiver.unread)
          const credit = receiver.consume(bytes)
          creditUnderWay += credit
          creditOwed += bytes - credit
        } else {
          expect(scheduler.widen(creditUnderWay)).toBe(true)
          creditUnderWay = 0
        }
        expect(scheduler.credit + sent + receiver.unread + creditOwed + creditUnderWay).toBe(size)
      }
    }),
  )
})
