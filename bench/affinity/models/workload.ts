/** What model servers are asked: conversations of users, whose tenants have system prompts. */
import { Random } from '../../simulate/random.ts'
import { createZipf } from '../load/zipf.ts'

export interface ModelWorkload {
  readonly engines: number
  /** Of one engine: tokens of prompts in a second, ms for a token of an answer, tokens it keeps. */
  readonly prefillRate: number
  readonly tokenTime: number
  readonly keptTokens: number
  /** Tenants, how uneven their popularity is, and the tokens of their system prompts. */
  readonly tenants: number
  readonly zipf: number
  readonly systemTokens: { readonly least: number; readonly most: number }
  /** Each has one conversation after the other. */
  readonly users: number
  readonly meanTurns: number
  /** Seconds from an answer to the next question, on average. */
  readonly meanThink: number
  /** Tokens of a question and of an answer, on average. */
  readonly meanQuestion: number
  readonly meanAnswer: number
  /** Draws the conversations. */
  readonly seed: number
}

export const defaultModelWorkload: ModelWorkload = {
  engines: 4,
  prefillRate: 10_000,
  tokenTime: 8,
  keptTokens: 100_000,
  tenants: 8,
  zipf: 1,
  systemTokens: { least: 2000, most: 6000 },
  users: 24,
  meanTurns: 6,
  meanThink: 0.8,
  meanQuestion: 1000,
  meanAnswer: 24,
  seed: 1,
}

/** One question of a user. */
export interface Turn {
  /** The name of the conversation; another one than before begins anew. */
  readonly conversation: string
  readonly system: string
  readonly question: string
  /** Tokens of the answer. */
  readonly answer: number
  /** Seconds from the answer before it. */
  readonly think: number
}

/** Characters of a token, as the engines count them. */
const tokenLength = 4

/** Questions scatter as this: a few are many times as long as most, up to the longest. */
const sigma = 1
const longestQuestion = 10_000

/** What a user asks, without end: the same for the same seed and user. */
export function* turnsOf(workload: ModelWorkload, user: number): Generator<Turn, never> {
  const { seed, tenants, zipf, systemTokens, meanTurns, meanThink } = workload
  const random = new Random(`${seed}`).split(`user ${user}`)
  const place = createZipf(tenants, zipf, random.split('tenants'))
  for (let number = 0; ; number++) {
    const tenant = place()
    const { least, most } = systemTokens
    const size = least + ((most - least) * tenant) / Math.max(1, tenants - 1)
    const system = textOf(`Tenant ${tenant} of ${seed}. `, size)
    const conversation = `${seed}-${user}-${number}`
    const turns = 1 + Math.floor(random.exponential(meanTurns - 1))
    for (let turn = 0; turn < turns; turn++) {
      const scattered = workload.meanQuestion * Math.exp(sigma * random.normal() - sigma ** 2 / 2)
      const tokens = Math.min(longestQuestion, Math.ceil(scattered))
      yield {
        conversation,
        system,
        question: textOf(`Question ${turn} of ${conversation}. `, tokens),
        answer: 1 + Math.floor(random.exponential(workload.meanAnswer - 1)),
        think: random.exponential(meanThink),
      }
    }
  }
}

function textOf(words: string, tokens: number): string {
  const length = Math.floor(tokens) * tokenLength
  return words.repeat(Math.ceil(length / words.length)).slice(0, length)
}
