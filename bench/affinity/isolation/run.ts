/** `npm run compare -- --isolation`: one tenant beside another, with real processes. */
import { median, quantile } from '../../statistics.ts'
import type { Contestant, Product } from '../contestants/contestant.ts'
import type { Sample } from '../load/job.ts'
import { type IsolationPlan, measureBeside, neighbours } from './measure.ts'

/** Milliseconds of the tenant's requests, at the 99th percentile, of one round. */
export interface Round {
  readonly alone: number
  readonly beside: number
  readonly samples: readonly Sample[]
}

export interface IsolationRow {
  readonly name: string
  readonly product: Product
  readonly note: string
  readonly neighbour: string
  readonly rounds: readonly Round[]
}

export interface IsolationOutcome {
  readonly aloneSeconds: number
  readonly besideSeconds: number
  readonly rows: readonly IsolationRow[]
}

type Plan = Omit<IsolationPlan, 'seed'> & {
  readonly rounds: number
  readonly progress: (what: string, done: number) => void
}

/** All contestants in each round, so that what else the machine does affects them equally. */
export async function runIsolation(
  contestants: readonly Contestant[],
  plan: Plan,
): Promise<IsolationOutcome> {
  const rounds = new Map<string, Round[]>()
  const steps = plan.rounds * contestants.length * neighbours.length
  let step = 0
  for (let round = 0; round < plan.rounds; round++) {
    for (const neighbour of neighbours) {
      for (const contestant of contestants) {
        plan.progress(`${contestant.name}: ${neighbour.what}`, step++ / steps)
        const key = `${contestant.name} ${neighbour.what}`
        const samples = await measureBeside(contestant, neighbour, { ...plan, seed: `${round}` })
        rounds.set(key, [...(rounds.get(key) ?? []), roundOf(samples, plan.aloneSeconds)])
      }
    }
  }
  const rows = neighbours.flatMap(({ what }) =>
    contestants.map(({ name, product, note }) => {
      return { name, product, note, neighbour: what, rounds: rounds.get(`${name} ${what}`) ?? [] }
    }),
  )
  return { aloneSeconds: plan.aloneSeconds, besideSeconds: plan.besideSeconds, rows }
}

export function roundOf(samples: readonly Sample[], aloneSeconds: number): Round {
  const before = samples.filter(([at]) => at < aloneSeconds)
  const after = samples.filter(([at]) => at >= aloneSeconds)
  return { alone: p99(before), beside: p99(after), samples }
}

function p99(samples: readonly Sample[]): number {
  const times = samples.map(([, milliseconds]) => milliseconds)
  return quantile(times, 0.99)
}

/** Medians of the rounds; `ratio` of the ratio in each round. */
export function figuresOf({ rounds }: IsolationRow) {
  return {
    alone: median(rounds.map(({ alone }) => alone)),
    beside: median(rounds.map(({ beside }) => beside)),
    ratio: median(rounds.map(({ alone, beside }) => beside / alone)),
  }
}
