import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FileWatch, watchInterval } from '../src/file-watch.ts'
import { ManualClock } from '../src/testing/manual-clock.ts'
import { until } from '../src/testing/until.ts'

/** Watches two files; `looks` lets it look so many times. */
function watchTwo() {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-watch-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [cert, key] = [join(folder, 'cert'), join(folder, 'key')]
  writeFileSync(cert, 'cert 1')
  writeFileSync(key, 'key 1')
  let changes = 0
  const clock = new ManualClock()
  const watch = new FileWatch([cert, key], () => changes++, clock)
  watch.start()
  const looks = async (count: number) => {
    for (let look = 0; look < count; look++) {
      await clock.advance(watchInterval)
      // The next look is planned when the files have been looked at.
      await until(() => clock.pending > 0)
    }
  }
  return { folder, cert, key, clock, watch, looks, changes: () => changes }
}

test('a change is reported once, when the files stay as they are', async () => {
  const { cert, key, looks, changes } = watchTwo()
  await looks(2)
  expect(changes()).toBe(1)
  await looks(2)
  expect(changes()).toBe(1)
  writeFileSync(cert, 'another cert')
  await looks(1)
  writeFileSync(key, 'its other key')
  await looks(1)
  expect(changes()).toBe(1)
  await looks(2)
  expect(changes()).toBe(2)
})

test('a file that is replaced by another one has changed', async () => {
  const { folder, cert, looks, changes } = watchTwo()
  await looks(2)
  writeFileSync(join(folder, 'new'), 'cert 1')
  renameSync(join(folder, 'new'), cert)
  await looks(2)
  expect(changes()).toBe(2)
})

test('nothing is looked at after the end', async () => {
  const { clock, watch } = watchTwo()
  watch.stop()
  expect(clock.pending).toBe(0)
})
