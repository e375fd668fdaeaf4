/**
 * Checks MessagePack before it is decoded: it must be complete, plain and shallow.
 *
 * Crafted input could otherwise make the decoder define record types or create unusual objects
 * (both are extensions of MessagePack), overflow its stack, or read beyond the end.
 */

/** Maximum levels of arrays and maps: a HELLO has three. */
const maxDepth = 8

/**
 * The end of the `count` values that begin at `start`; -1 if they are not plain, or exceed `end`.
 */
export function endOfPacked(bytes: Buffer, start: number, end: number, count = 1): number {
  return endOfValues(bytes, start, end, count, maxDepth)
}

function endOfValues(
  bytes: Buffer,
  start: number,
  end: number,
  count: number,
  depth: number,
): number {
  let at = start
  for (let i = 0; i < count; i++) {
    if (at >= end) return -1
    const length = wholeLengths[bytes[at] as number] as number
    at = length > 0 ? at + length : endOfLonger(bytes, at, end, depth)
    if (at === -1 || at > end) return -1
  }
  return at
}

/** Likewise for one value whose first byte does not determine its length. */
function endOfLonger(bytes: Buffer, start: number, end: number, depth: number): number {
  const form = forms[bytes[start] as number] as Form
  const contentAt = start + form.headLength
  if (form === refused || contentAt > end) return -1
  const size = form.size(bytes, start)
  if (form.perItem === 0) return contentAt + size
  if (depth === 0) return -1
  return endOfValues(bytes, contentAt, end, size * form.perItem, depth - 1)
}

/** The layout of values with the same first byte. */
interface Form {
  /** Bytes before the content, including the first one. */
  readonly headLength: number
  /** Values per item: 1 in an array, 2 in a map; 0 if the content is bytes. */
  readonly perItem: 0 | 1 | 2
  /** Number of bytes, or items, of the content. */
  size(bytes: Buffer, at: number): number
}

const none = () => 0
const low4 = (bytes: Buffer, at: number) => (bytes[at] as number) & 0x0f
const low5 = (bytes: Buffer, at: number) => (bytes[at] as number) & 0x1f
const uint8 = (bytes: Buffer, at: number) => bytes[at + 1] as number
const uint16 = (bytes: Buffer, at: number) => bytes.readUInt16BE(at + 1)
const uint32 = (bytes: Buffer, at: number) => bytes.readUInt32BE(at + 1)

const scalar = (length: number): Form => ({ headLength: length, perItem: 0, size: none })
const refused: Form = scalar(0)

/** Without 0xc1, which is unused, and without the extensions. */
const longForms: Readonly<Record<number, Form>> = {
  // nil, false, true
  192: scalar(1),
  194: scalar(1),
  195: scalar(1),
  // bin
  196: { headLength: 2, perItem: 0, size: uint8 },
  197: { headLength: 3, perItem: 0, size: uint16 },
  198: { headLength: 5, perItem: 0, size: uint32 },
  // float
  202: scalar(5),
  203: scalar(9),
  // uint, int
  204: scalar(2),
  205: scalar(3),
  206: scalar(5),
  207: scalar(9),
  208: scalar(2),
  209: scalar(3),
  210: scalar(5),
  211: scalar(9),
  // str
  217: { headLength: 2, perItem: 0, size: uint8 },
  218: { headLength: 3, perItem: 0, size: uint16 },
  219: { headLength: 5, perItem: 0, size: uint32 },
  // array, map
  220: { headLength: 3, perItem: 1, size: uint16 },
  221: { headLength: 5, perItem: 1, size: uint32 },
  222: { headLength: 3, perItem: 2, size: uint16 },
  223: { headLength: 5, perItem: 2, size: uint32 },
}

/** By first byte, as in the table of formats of the MessagePack specification. */
const forms: readonly Form[] = Array.from({ length: 256 }, (_, first) => formOf(first))

function formOf(first: number): Form {
  if (first < 0x80 || first >= 0xe0) return scalar(1)
  if (first < 0x90) return { headLength: 1, perItem: 2, size: low4 }
  if (first < 0xa0) return { headLength: 1, perItem: 1, size: low4 }
  if (first < 0xc0) return { headLength: 1, perItem: 0, size: low5 }
  return longForms[first] ?? refused
}

/** Length of the value by its first byte, if that determines it; otherwise 0. */
const wholeLengths: Uint8Array = Uint8Array.from(forms, (form, first) => {
  if (form.perItem !== 0) return 0
  if (form.size === low5) return 1 + (first & 0x1f)
  return form.size === none ? form.headLength : 0
})
