/** Arrays of numbers that grow. */

type Column = Float64Array | Float32Array | Int32Array | Uint8Array | Uint32Array

/** A length for an array that must hold so many, with room for more of them. */
export function roomFor(length: number): number {
  return Math.max(64, Math.ceil(length * 1.5))
}

/** A longer copy of the column; what is new in it is 0. */
export function grown<C extends Column>(column: C, length: number): C {
  const Constructor = column.constructor as new (length: number) => C
  const longer = new Constructor(length)
  longer.set(column)
  return longer
}
