import { describe, expect, test } from 'vitest'
import { logLevelNamed, logLevels, logOptions } from '../src/log-levels.ts'

describe('log levels', () => {
  test.each([
    ['INFO', 'info'],
    ['Warning', 'warn'],
    ['off', 'silent'],
    ['BLATHER', 'trace'],
  ])('%s means %s', (text, level) => {
    expect(logLevelNamed(text)).toBe(level)
  })

  test('mean themselves', () => {
    expect(logLevels.map((level) => logLevelNamed(level))).toEqual(logLevels)
  })

  test.each(['', 'loud', 'constructor', '1'])('%o means none', (text) => {
    expect(() => logLevelNamed(text)).toThrow('log-level')
  })
})

test('a line has the time in UTC and the name of its level', () => {
  const { timestamp, formatters } = logOptions('info')
  expect(timestamp()).toMatch(/^,"time":"\d{4}-\d\d-\d\dT[\d:.]+Z"$/)
  expect(formatters.level('warn')).toEqual({ level: 'warn' })
})
