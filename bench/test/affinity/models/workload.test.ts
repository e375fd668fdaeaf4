import { describe, expect, test } from 'vitest'
import {
  defaultModelWorkload,
  type ModelWorkload,
  type Turn,
  turnsOf,
} from '../../../affinity/models/workload.ts'
import { mean } from '../../../statistics.ts'

const workload: ModelWorkload = { ...defaultModelWorkload, tenants: 3 }

function take(user: number, count: number, of = workload): Turn[] {
  const turns = turnsOf(of, user)
  return Array.from({ length: count }, () => turns.next().value)
}

describe('what a user asks', () => {
  test('is the same for the same seed and user, and different for others', () => {
    expect(take(1, 20)).toEqual(take(1, 20))
    expect(take(1, 20)).not.toEqual(take(2, 20))
    expect(take(1, 20)).not.toEqual(take(1, 20, { ...workload, seed: 2 }))
  })

  test('begins with one of the system prompts, the same throughout a conversation', () => {
    const turns = take(1, 500)
    const systems = new Map<string, Set<string>>()
    for (const { conversation, system } of turns) {
      systems.set(conversation, (systems.get(conversation) ?? new Set()).add(system))
    }
    expect([...systems.values()].every(({ size }) => size === 1)).toBe(true)
    const lengths = new Set(turns.map(({ system }) => system.length / 4))
    expect([...lengths].sort((a, b) => a - b)).toEqual([2000, 4000, 6000])
  })

  test('is not asked again', () => {
    const questions = [...take(1, 300), ...take(2, 300)].map(({ question }) => question)
    expect(new Set(questions).size).toBe(600)
  })

  test('has the sizes and pauses of the workload on average', () => {
    const turns = take(1, 3000)
    const conversations = new Set(turns.map(({ conversation }) => conversation))
    const near = (value: number, wanted: number) => Math.abs(value / wanted - 1) < 0.15
    expect(near(mean(turns.map(({ think }) => think)), workload.meanThink)).toBe(true)
    expect(near(mean(turns.map(({ answer }) => answer)), workload.meanAnswer)).toBe(true)
    expect(near(mean(turns.map(({ question }) => question.length / 4)), 1000)).toBe(true)
    expect(near(turns.length / conversations.size, workload.meanTurns)).toBe(true)
  })
})
