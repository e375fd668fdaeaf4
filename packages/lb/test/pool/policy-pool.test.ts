import { describe, expect, test } from 'vitest'
import type { Member } from '../../src/pool/members.ts'
import { type Policy, PolicyPool } from '../../src/pool/policy-pool.ts'
import { describePoolContract } from './contract.ts'
import { Player } from './support/play.ts'

/** The worker that came first. */
const first: Policy<string> = { choose: (_pick, members, avoid) => members.usable(avoid)[0] }

describe('PolicyPool', () => {
  describePoolContract(() => new PolicyPool(first), { heedsCapacity: false })

  test('is a whole pool around a policy that only chooses', () => {
    const pool = new PolicyPool(first)
    expect(new Player(pool).play('a +w1 +w2 a b^w1 -w1 c')).toBe('none w1 w2 w2')
    expect([pool.size, pool.backlog]).toEqual([1, 3])
  })

  test('tells the policy which members join, leave and change', () => {
    const told: string[] = []
    const tell =
      (text: string) =>
      (member: Member<string>, change = '') => {
        told.push(`${text} ${member.worker} ${change} ${member.backlog}`.replace('  ', ' '))
      }
    const watched = { ...first, joined: tell('join'), left: tell('left'), changed: tell('change') }
    const player = new Player(new PolicyPool(watched))
    player.play('+w1 a +w1*2 !w1 a -w1 !w1')
    expect(told).toEqual([
      'join w1 0',
      'change w1 assigned 1',
      'change w1 traits 1',
      'change w1 finished 0',
      'change w1 assigned 1',
      'left w1 1',
    ])
  })

  test('shows the policy the requests of workers that have left', () => {
    const seen: number[] = []
    const policy: Policy<string> = {
      choose: (_pick, members, avoid) => {
        seen.push(members.backlog, members.size)
        return members.usable(avoid)[0]
      },
    }
    new Player(new PolicyPool(policy)).play('+w1 a a -w1 b')
    expect(seen).toEqual([0, 1, 1, 1, 2, 0])
  })
})
