/** A worker as the cost pool sees it. Its figures are in a {@link MemberTable}, under its number. */
import { weightOf } from '../../capacity.ts'
import type { Member } from '../../members.ts'
import type { WorkerTraits } from '../../pool.ts'

export class CostMember<Worker> implements Member<Worker> {
  readonly worker: Worker
  readonly number: number
  traits: WorkerTraits
  backlog = 0
  present = true

  constructor(worker: Worker, traits: WorkerTraits, number: number) {
    this.worker = worker
    this.traits = traits
    this.number = number
  }

  get weight(): number {
    return weightOf(this.traits)
  }
}
