/** Values of all kinds that messages are made of. */
import fc from 'fast-check'

export const packable: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.constantFrom(null, true, false),
    fc.integer(),
    // Negative zero is packed as zero.
    fc.double().map((number) => number + 0),
    fc.string({ unit: 'grapheme' }),
    fc.string({ minLength: 250, maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 20 }).map((rows) => new Map(rows)),
  ),
})).value
