import { describe, expect, test } from 'vitest'
import { HomePlan, type PlannedClass } from '../../../../src/pool/policies/cost/home-plan.ts'
import { hashString } from '../../../../src/pool/structures/hash.ts'
import { RendezvousTable } from '../../../../src/pool/structures/rendezvous-table.ts'

/** Twelve workers. */
const owners = Array.from({ length: 12 }, (_, number) => {
  return { number, weight: 1, fraction: hashString(`w${number}`) / 2 ** 32 }
})

const order = new RendezvousTable<number>()
for (const { number } of owners) order.add(number, `w${number}`, 1)

function classesOf(
  count: number,
  demandOf: (classNumber: number) => number = () => 0.01,
  homesOf: (classNumber: number) => number = () => 1,
): PlannedClass[] {
  return Array.from({ length: count }, (_, classNumber) => ({
    classNumber,
    hash: hashString(`class ${classNumber}`),
    demand: demandOf(classNumber),
    homes: homesOf(classNumber),
  })).sort((one, other) => one.hash - other.hash)
}

function homesOf(plan: HomePlan, classes: readonly PlannedClass[]): (readonly number[])[] {
  return classes.map(({ classNumber }) => plan.homesOf(classNumber) ?? [])
}

describe('HomePlan', () => {
  test('gives each worker about as many classes', () => {
    const classes = classesOf(120)
    const homes = homesOf(new HomePlan(owners, order, classes), classes)
    const counts = owners.map(({ number }) => homes.filter((each) => each.includes(number)).length)
    expect(homes.map(({ length }) => length)).toEqual(Array(120).fill(1))
    expect(Math.max(...counts)).toBeLessThanOrEqual(11)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(7)
  })

  test('plans the same first homes, whatever is demanded', () => {
    const even = classesOf(120)
    const uneven = classesOf(
      120,
      (i) => 1 / (i + 1),
      (i) => (i < 5 ? 3 : 1),
    )
    const firsts = [even, uneven].map((classes) =>
      homesOf(new HomePlan(owners, order, classes), classes).map(([first]) => first),
    )
    expect(firsts[0]).toEqual(firsts[1])
  })

  test('moves few classes when one more has come', () => {
    const classes = classesOf(120)
    const before = new HomePlan(owners, order, classes)
    const after = new HomePlan(owners, order, classesOf(121))
    const moved = classes.filter(({ classNumber }) => {
      return before.homesOf(classNumber)?.[0] !== after.homesOf(classNumber)?.[0]
    })
    expect(moved.length).toBeLessThan(12)
  })

  test('puts further homes where less than the mean is to be done', () => {
    const classes = classesOf(
      120,
      (i) => (i === 0 ? 1 : 0.01),
      (i) => (i === 0 ? 4 : 1),
    )
    const plan = new HomePlan(owners, order, classes)
    const homes = plan.homesOf(0) ?? []
    expect(new Set(homes).size).toBe(4)
    expect(homes.every((member) => plan.isBusy(member))).toBe(true)
    const others = owners.filter(({ number }) => !homes.includes(number))
    expect(others.some(({ number }) => plan.isBusy(number))).toBe(false)
  })

  test('gives a class no more homes than there are workers', () => {
    const classes = classesOf(
      1,
      () => 10,
      () => 20,
    )
    const homes = new HomePlan(owners, order, classes).homesOf(0) ?? []
    expect(new Set(homes).size).toBe(homes.length)
    // Those that are far back in its order may be missing.
    expect(homes.length).toBeGreaterThan(8)
  })

  test('knows no homes at a worker that was removed, nor of a class that was not planned', () => {
    const classes = classesOf(
      3,
      () => 1,
      () => 12,
    )
    const plan = new HomePlan(owners, order, classes)
    const [gone = 0, ...others] = plan.homesOf(0) ?? []
    plan.remove(gone)
    expect(plan.homesOf(0)).toEqual(others)
    expect(plan.isBusy(gone)).toBe(false)
    expect(plan.homesOf(7)).toBeUndefined()
  })

  test('gives more homes to workers of more weight', () => {
    const strong = owners.map((owner) => ({ ...owner, weight: owner.number === 0 ? 4 : 1 }))
    const weighted = new RendezvousTable<number>()
    for (const { number, weight } of strong) weighted.add(number, `w${number}`, weight)
    const classes = classesOf(150)
    const homes = homesOf(new HomePlan(strong, weighted, classes), classes)
    expect(homes.filter(([first]) => first === 0).length).toBeGreaterThan(30)
  })
})
