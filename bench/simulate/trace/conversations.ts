/** Made-up conversations, in the format of recorded ones. */
import { Random } from '../random.ts'
import { blockTokens, type TraceRow } from './trace.ts'

/** The conversations to make. Times are in seconds. */
export interface ConversationSettings {
  readonly conversations: number
  /** Conversations begin by chance over this time. */
  readonly span: number
  readonly meanTurns: number
  readonly meanThink: number
  /** Blocks of the system prompts, of which each conversation has one. */
  readonly systemPrompts: readonly number[]
  /** Mean blocks that a turn adds, and mean tokens of an answer. */
  readonly meanBlocks: number
  readonly meanAnswer: number
}

export const defaultConversations: ConversationSettings = {
  conversations: 1200,
  span: 3600,
  meanTurns: 6,
  meanThink: 30,
  systemPrompts: [2, 4, 8],
  meanBlocks: 6,
  meanAnswer: 300,
}

/** The sizes of turns scatter as this: a few are many times as long as most. */
const sigma = 1.2

/** The same rows for the same seed. */
export function makeConversations(
  seed: number,
  settings: ConversationSettings = defaultConversations,
): TraceRow[] {
  const random = new Random(`conversations ${seed}`)
  const rows: TraceRow[] = []
  let next = 1
  const prompts = settings.systemPrompts.map((length) => Array.from({ length }, () => next++))
  for (let number = 0; number < settings.conversations; number++) {
    const session = `conversation-${number}`
    const turns = 1 + Math.floor(random.exponential(settings.meanTurns - 1))
    let blocks: readonly number[] = prompts[random.integer(prompts.length)] ?? []
    let t = random.next() * settings.span
    for (let turn = 0; turn < turns; turn++) {
      const think = turn === 0 ? 0 : random.exponential(settings.meanThink)
      const added = Math.ceil(
        settings.meanBlocks * Math.exp(sigma * random.normal() - sigma ** 2 / 2),
      )
      blocks = [...blocks, ...Array.from({ length: Math.min(added, 200) }, () => next++)]
      t += think
      const out = 1 + Math.floor(random.exponential(settings.meanAnswer))
      const size = { in: blocks.length * blockTokens, out, blocks }
      rows.push({ t, class: session, session, turn, think, ...size })
    }
  }
  return rows.sort((a, b) => a.t - b.t)
}
