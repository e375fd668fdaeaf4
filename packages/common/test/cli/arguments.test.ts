import { describe, expect, test } from 'vitest'
import { splitShortOptions } from '../../src/cli/arguments.ts'

describe('splitShortOptions', () => {
  const rows: [rule: string, words: string, split: string[]][] = [
    ['takes the value off its letter', '-LINFO -a :8080 w:1', ['-L', 'INFO', '-a', ':8080', 'w:1']],
    ['takes any value', '-a127.0.0.1:1 -v4.5', ['-a', '127.0.0.1:1', '-v', '4.5']],
    ['allows an equals sign', '-a=:80', ['-a', ':80']],
    ['allows a dash as the value', '-l-', ['-l', '-']],
    ['leaves long options alone', '--address=:80 --l', ['--address=:80', '--l']],
    ['leaves other letters alone', '-hx', ['-hx']],
    ['leaves alone what comes after --', '-LX -- -LX', ['-L', 'X', '--', '-LX']],
  ]
  test.each(rows)('%s', (_rule, words, split) => {
    expect(splitShortOptions(words.split(' '), 'aLlv')).toEqual(split)
  })
})
