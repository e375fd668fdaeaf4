/**
 * A line that its members make themselves, by pointing at their neighbours. Pure.
 *
 * Instead of a Set where members come and go all the time: each table that a Set outgrows points to
 * the next one, so that once one of them has got into the old generation of V8's heap, everything
 * that is ever added survives until the next big collection.
 */

export interface Linked<Member> {
  before: Member | undefined
  after: Member | undefined
  isChained: boolean
}

export class LinkedList<Member extends Linked<Member>> {
  #first: Member | undefined
  #last: Member | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): Member | undefined {
    return this.#first
  }

  /** In the order in which they were added. The one that is at hand may be removed meanwhile. */
  *[Symbol.iterator](): Generator<Member, void, undefined> {
    let member = this.#first
    while (member !== undefined) {
      const { after } = member
      yield member
      member = after
    }
  }

  /** Adds a member at the end; one that is here already moves there. */
  add(member: Member): void {
    if (member.isChained) this.remove(member)
    member.isChained = true
    this.#size++
    member.before = this.#last
    if (this.#last === undefined) this.#first = member
    else this.#last.after = member
    this.#last = member
  }

  /** Adds a member before all others. One that is in the list is moved. */
  addFirst(member: Member): void {
    this.insert(member, () => false)
  }

  /** Adds a member behind those at the beginning that come before it; likewise. */
  insert(member: Member, comesBefore: (other: Member) => boolean): void {
    if (member.isChained) this.remove(member)
    let next = this.#first
    while (next !== undefined && comesBefore(next)) next = next.after
    if (next === undefined) return this.add(member)
    member.isChained = true
    this.#size++
    member.before = next.before
    member.after = next
    if (next.before === undefined) this.#first = member
    else next.before.after = member
    next.before = member
  }

  remove(member: Member): void {
    if (!member.isChained) return
    const { before, after } = member
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    // A member that has left must not keep its former neighbours alive.
    member.isChained = false
    this.#size--
    member.before = undefined
    member.after = undefined
  }
}
