import { describe, expect, test } from 'vitest'
import { Answer } from '../../src/cli/command.ts'
import { readCommandLine } from '../../src/cli/command-line.ts'
import type { CommandSyntax } from '../../src/cli/syntax.ts'
import type { OptionTable } from '../../src/options/spec.ts'

const table = {
  level: { type: 'text', form: 'a level', alias: 'L', default: 'info', help: 'How much' },
  maxCount: { alias: ['m', 'most'], min: -5, max: 10, default: 2, help: 'How many' },
  timeout: { alias: 't', min: 0, max: 60_000, unit: 'ms', help: 'How long' },
  trust: { type: 'list', form: 'a name', default: [], help: 'Whom' },
  quick: { type: 'flag', alias: 'q', default: false, help: 'Hurry' },
  via: { type: 'flag', alias: 'v', default: true, help: 'Tell' },
} as const satisfies OptionTable

const syntax: CommandSyntax = {
  name: 'walk',
  version: '1.2.3',
  usage: ['[options] PLACE...'],
  description: 'Goes to places.',
  groups: [{ title: 'Walking:', options: table }],
  examples: [['-q home', 'Home']],
  epilogue: ['That is all.'],
}

const withSubcommands: CommandSyntax = {
  ...syntax,
  subcommands: [
    {
      name: 'to',
      words: '[PLACE] [STREET]',
      help: 'Go there',
      options: { run: { type: 'flag', alias: 'r', help: 'Run' } },
    },
    { name: 'past', words: '<PLACE> <SIGHT..>', help: 'Go by', options: {} },
    { name: 'back', words: '', help: 'Go back', options: {} },
  ],
}

const read = (...words: string[]) => readCommandLine(words, syntax)
const readSubcommand = (...words: string[]) => readCommandLine(words, withSubcommands)

describe('a command line', () => {
  test('has the defaults of the table where nothing is given', () => {
    const { values, words, isGiven, labelOf } = read()
    expect(values).toEqual({
      level: 'info',
      maxCount: 2,
      timeout: undefined,
      trust: [],
      quick: false,
      via: true,
    })
    expect(words).toEqual([])
    expect(isGiven('maxCount')).toBe(false)
    expect(labelOf('maxCount')).toBe('--max-count')
  })

  test.each([
    [['-LINFO'], { level: 'INFO' }],
    [['-L=INFO'], { level: 'INFO' }],
    [['-q', '-L', 'INFO'], { level: 'INFO', quick: true }],
    [['-qv'], { quick: true, via: true }],
    [['-qm', '3'], { quick: true, maxCount: 3 }],
    [['-m-3'], { maxCount: -3 }],
    [['-m', '-3'], { maxCount: -3 }],
    [['--maxCount', '3'], { maxCount: 3 }],
    [['--max-count=3', '-m4'], { maxCount: 4 }],
    [['-t500ms'], { timeout: 500 }],
    [['--timeout', '2'], { timeout: 2000 }],
    [['--no-via', '--quick=true'], { via: false, quick: true }],
    [['-q=false'], { quick: false }],
    [['--trust', '1.10', '--trust=b'], { trust: ['1.10', 'b'] }],
    [['--level', '-'], { level: '-' }],
    [['-L-q'], { level: '-q', quick: false }],
    [['-L='], { level: '' }],
    [['--level=-q'], { level: '-q', quick: false }],
    [['--level='], { level: '' }],
    [['--level', '"a"'], { level: '"a"' }],
    [['--level=a.b=c'], { level: 'a.b=c' }],
  ])('%j gives %j', (words, expected) => {
    expect(read(...words).values).toMatchObject(expected)
    expect(read(...words).words).toEqual([])
  })

  test('keeps other words as they are, and takes no option after --', () => {
    expect(read('010', '-q', '1e3', '--trust', 'a', 'b', '--', '-LX', '--quick=x').words).toEqual([
      ...['010', '1e3', 'b', '-LX', '--quick=x'],
    ])
  })

  test('calls an option by the long name that was written', () => {
    expect(read('--most', '3').labelOf('maxCount')).toBe('--most')
    expect(read('-m3').labelOf('maxCount')).toBe('--max-count')
    expect(read('--no-via').labelOf('via')).toBe('--no-via')
  })

  test.each([
    [['-L'], 'Expected --level to be a level, got nothing'],
    [['-L', '-q'], 'Expected --level to be a level, got the option -q'],
    [['--most', '--', '3'], 'Expected --most to be a number from -5 to 10, got nothing'],
    [['-m', '3x'], "Expected --max-count to be a number from -5 to 10, got '3x'"],
    [['-q5'], "Expected --quick to be true or false, got '5'"],
    [['-vq=no'], "Expected --quick to be true or false, got 'no'"],
    [['--no-quick=1'], 'Unknown option --no-quick: did you mean --quick?'],
    [['--help=x'], "Expected --help to be true or false, got 'x'"],
    [['--max-cuont', '1'], 'Unknown option --max-cuont: did you mean --max-count?'],
    [['--no-level'], 'Unknown option --no-level: --level takes a value'],
    [['--no-trust'], 'Unknown option --no-trust: --trust takes a value'],
    [['--no-bike'], 'Unknown option --no-bike'],
    [['-qx'], 'Unknown option -x'],
    [['--level.deep=1'], 'Unknown option --level.deep'],
  ])('%j is refused: %s', (words, message) => {
    expect(() => read(...words)).toThrow(message)
  })

  test('asks for the help, or the version', () => {
    const answer = (...words: string[]) => {
      try {
        return read(...words)
      } catch (error) {
        if (error instanceof Answer) return error.message
        throw error
      }
    }
    expect(answer('--version')).toBe('1.2.3')
    expect(answer('-qh')).toMatch(
      /^walk \[options\] PLACE\.\.\.\n\nGoes to places\.\n\nWalking:\n[\s\S]*\[default: info\][\s\S]*That is all\.$/,
    )
  })
})

describe('a subcommand', () => {
  test.each([
    [['to'], ['to']],
    [
      ['to', '-', '1.0'],
      ['to', '-', '1.0'],
    ],
    [
      ['-q', 'to', '-r', 'home'],
      ['to', 'home'],
    ],
    [
      ['past', 'home', 'a = 1', 'b -> ../c'],
      ['past', 'home', 'a = 1', 'b -> ../c'],
    ],
  ])('%j has the words %j', (words, expected) => {
    expect(readSubcommand(...words).words).toEqual(expected)
  })

  test.each([
    [[], 'Which command? One of to, past, back'],
    [['too'], "Expected COMMAND to be one of to, past, back, got 'too'"],
    [['to', 'a', 'b', 'c', '-m3'], 'Expected to [PLACE] [STREET], got to a b c -m3'],
    [['back', 'home'], 'Expected back, got back home'],
    [['past', 'home'], 'Expected past PLACE SIGHT..., got past home'],
    [['past', 'home', '--', '-x'], 'Expected past PLACE SIGHT..., got past home -- -x'],
    [['past', 'home', 'b', '-r'], '-r is an option of to, not of past'],
    [['to', '--rum'], 'Unknown option --rum: did you mean --run?'],
    [['to', '-L'], 'Expected --level to be a level, got nothing'],
  ])('%j is refused: %s', (words, message) => {
    expect(() => readSubcommand(...words)).toThrow(message)
  })

  test('has a help of its own', () => {
    expect(() => readSubcommand('to', '--help')).toThrow(
      /^walk to \[PLACE\] \[STREET\]\n[\s\S]*--run/,
    )
  })
})
