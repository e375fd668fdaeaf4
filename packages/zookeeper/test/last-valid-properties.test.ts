import { describe, expect, test } from 'vitest'
import { LastValidProperties } from '../src/last-valid-properties.ts'

function positive(value: unknown): void {
  if (!(typeof value === 'number' && value > 0)) throw new Error('above 0')
}

function listen() {
  const complaints: [name: string, value: unknown, reason: string][] = []
  const properties = new LastValidProperties(
    (name) => (name === 'known' || name === 'other' ? positive : undefined),
    (...complaint) => complaints.push(complaint),
  )
  return { properties, complaints }
}

describe('LastValidProperties', () => {
  test('lets through what is known and good', () => {
    const { properties, complaints } = listen()
    expect(properties.take({ known: 1, other: 2 })).toEqual({ known: 1, other: 2 })
    expect(complaints).toEqual([])
  })

  test('keeps the last valid value of an invalid property, and warns once', () => {
    const { properties, complaints } = listen()
    properties.take({ known: 1 })
    expect(properties.take({ known: -1, other: 2 })).toEqual({ known: 1, other: 2 })
    expect(properties.take({ known: -1, other: 3 })).toEqual({ known: 1, other: 3 })
    expect(complaints).toEqual([['known', -1, 'above 0']])
    expect(properties.take({ known: -2 })).toEqual({ known: 1 })
    expect(complaints).toHaveLength(2)
  })

  test('has nothing of what was bad from the start, or has gone', () => {
    const { properties } = listen()
    expect(properties.take({ known: 'x' })).toEqual({})
    properties.take({ known: 1 })
    expect(properties.take({})).toEqual({})
    expect(properties.take({ known: 0 })).toEqual({})
    properties.take({ known: 1 })
    expect(properties.take({ known: null })).toEqual({})
  })

  test('drops unknown properties, and warns once; the type of a node is not a property', () => {
    const { properties, complaints } = listen()
    expect(properties.take({ unknown: [1], type: 'lb' })).toEqual({})
    properties.take({ unknown: [1], type: 'lb' })
    expect(complaints).toEqual([['unknown', [1], 'not a setting']])
  })

  test('changes nothing when there is no node, or garbage in it', () => {
    const { properties, complaints } = listen()
    properties.take({ known: 1 })
    expect(properties.take(undefined)).toEqual({ known: 1 })
    expect(properties.take({ string_value: '{' })).toEqual({ known: 1 })
    expect(complaints.map(([name]) => name)).toEqual(['string_value'])
  })
})
