/** Adds up plain data of several processes. Pure. */

/** A number, null, or records and lists of them. */
type Addable =
  | number
  | string
  | null
  | undefined
  | readonly number[]
  | { readonly [k: string]: Addable }

/** The sum, member by member: members that only one has are taken over. */
export function sumOf<Value extends object>(one: Value, other: Value): Value {
  return added(one as Addable, other as Addable) as Value
}

function added(one: Addable, other: Addable): Addable {
  if (one === undefined || one === null) return other
  if (other === undefined || other === null) return one
  if (typeof one === 'number' && typeof other === 'number') return one + other
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.map((value: number, at) => value + (other[at] ?? 0))
  }
  if (typeof one !== 'object' || typeof other !== 'object') return one
  const [first, second] = [one, other] as { readonly [name: string]: Addable }[]
  const names = Object.keys({ ...first, ...second })
  return Object.fromEntries(names.map((name) => [name, added(first?.[name], second?.[name])]))
}
