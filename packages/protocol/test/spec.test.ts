import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { connectionCodes, resetCodes } from '../src/errors.ts'
import {
  frameFlags,
  frameHeaderLength,
  frameTypes,
  maxDataLength,
  maxHeadLength,
  maxPayloadLength,
  preface,
  protocolVersion,
} from '../src/frame.ts'
import { maxClassLength } from '../src/resume.ts'
import { decodeRaw, type FrameText, fromText, toText } from './support/frame-text.ts'

const spec = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8')

interface Example {
  readonly frame: FrameText
  readonly bytes: Buffer
}

const examples: readonly Example[] = [
  ...spec.matchAll(/```hex\n([^`]*)```\n\n```json\n([^`]*)```/g),
].map(([, hex = '', json = '']) => {
  const digits = hex.replaceAll(/;.*$/gm, '').replaceAll(/\s/g, '')
  return { frame: JSON.parse(json), bytes: Buffer.from(digits, 'hex') }
})

/** The cells of the rows of every table whose header begins so. */
function table(header: string): string[][] {
  const lines = spec.split('\n')
  const start = lines.indexOf(lines.find((line) => line.startsWith(header)) ?? 'missing')
  const rows: string[][] = []
  for (let i = start + 2; lines[i]?.startsWith('|'); i++) {
    rows.push(
      lines[i]!.split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  }
  return rows
}

const column = (rows: string[][], name: number, value: number) =>
  Object.fromEntries(rows.map((cells) => [cells[name], Number(cells[value])]))

describe('SPEC.md', () => {
  test('has an example of every frame type', () => {
    expect(new Set(examples.map(({ frame }) => frame.type))).toEqual(
      new Set(Object.keys(frameTypes)),
    )
  })

  test.each(examples)('shows $frame.type as it is decoded', ({ frame, bytes }) => {
    expect(decodeRaw(bytes).map(toText)).toEqual([frame])
  })

  test.each(examples)('shows $frame.type as it is encoded', ({ frame, bytes }) => {
    expect(fromText(frame).toString('hex')).toBe(bytes.toString('hex'))
  })

  test('lists the frame types and the longest payload of each', () => {
    const rows = table('| type | name |')
    expect(column(rows, 1, 0)).toEqual(frameTypes)
    for (const [type, , , , most] of rows) expect(maxPayloadLength(Number(type))).toBe(Number(most))
  })

  test('lists the flags', () => {
    expect(column(table('| flag | value |'), 0, 1)).toEqual(frameFlags)
  })

  test('lists the reset codes', () => {
    expect(column(table('| code | name | meaning |'), 1, 0)).toEqual(resetCodes)
  })

  test('lists the goodbye codes', () => {
    expect(column(table('| code | name | what happened |'), 1, 0)).toEqual(connectionCodes)
  })

  test.each([
    `# The resumelb protocol, version ${protocolVersion}`,
    `a header of ${frameHeaderLength} octets`,
    `the ${preface.length} octets \`${preface}\``,
    `a row of at most ${maxHeadLength} octets`,
    `at most ${maxDataLength} octets`,
    `may have ${maxHeadLength} octets together`,
    `at most ${maxClassLength} UTF-16 units`,
  ])('says: %s', (text) => {
    expect(spec).toContain(text)
  })
})
