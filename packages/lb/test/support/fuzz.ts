/**
 * Input that was good and is changed by chance. `RESUMELB_FUZZ_RUNS=20` does twenty times as much
 * as usual, `RESUMELB_FUZZ_SEED=2` something else.
 */
import fc from 'fast-check'

const { RESUMELB_FUZZ_RUNS = '1', RESUMELB_FUZZ_SEED = '1' } = process.env

const factor = Number(RESUMELB_FUZZ_RUNS)

/** Milliseconds that a test may take that does so much. */
export const fuzzTimeout: number = 60_000 * Math.max(1, factor)

/** Connections that are tried at once. */
const atOnce = 8

/** Runs between two looks whether everything still works. */
const batch = 100

/**
 * Runs `check` on `runs` scenarios, times RESUMELB_FUZZ_RUNS, some at once; `isWell` is called
 * every now and then, and at the end. Throws if memory grows without bounds.
 */
export async function fuzz<Scenario>(
  scenario: fc.Arbitrary<Scenario>,
  runs: number,
  check: (one: Scenario) => Promise<void>,
  isWell: () => Promise<void>,
): Promise<void> {
  const all = fc.sample(scenario, { numRuns: runs * factor, seed: Number(RESUMELB_FUZZ_SEED) })
  const before = process.memoryUsage.rss()
  while (all.length > 0) {
    const some = all.splice(-batch)
    const work = async () => {
      for (let next = some.pop(); next !== undefined; next = some.pop()) await check(next)
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    await isWell()
  }
  const growth = process.memoryUsage.rss() - before
  if (growth > maxGrowth) throw new Error(`memory has grown by ${growth} bytes`)
}

/** Bytes by which the process may grow: what a garbage collector leaves for a while. */
const maxGrowth = 512 * 1024 * 1024

/** A place from 0 to 1, how many bytes are taken out there, and what is put in. */
export type Change = readonly [place: number, removed: number, added: string]

const place = fc.double({ min: 0, max: 1, noNaN: true })

/** A change that puts in one of these pieces, any byte, or nothing. Texts are in latin1. */
export function changeWith(pieces: readonly string[]): fc.Arbitrary<Change> {
  const added = fc.oneof(
    fc.constantFrom(...pieces),
    fc.nat(255).map((code) => String.fromCharCode(code)),
    fc.constant(''),
  )
  return fc.tuple(place, fc.nat(4), added)
}

/** Makes the changes, one after the other. */
export function changed(text: string, changes: readonly Change[]): string {
  let result = text
  for (const [at, removed, added] of changes) {
    const start = Math.floor(at * result.length)
    result = result.slice(0, start) + added + result.slice(start + removed)
  }
  return result
}

/** Where a text is cut into pieces, from 0 to 1. */
export const cuts: fc.Arbitrary<number[]> = fc.array(place, { maxLength: 3 })

/** The pieces of a text. */
export function piecesOf(text: string, places: readonly number[]): string[] {
  const ends = [...places, 1].sort((one, other) => one - other)
  return ends.map((end, at) => {
    const start = at === 0 ? 0 : (ends[at - 1] as number)
    return text.slice(Math.floor(start * text.length), Math.floor(end * text.length))
  })
}

/** Resolves after so many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
