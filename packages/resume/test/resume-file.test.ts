import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadResume, saveResume } from '../src/resume-file.ts'

let folder = ''
let file = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resumelb-resume-file-'))
  file = join(folder, 'resume.json')
})

afterEach(() => rm(folder, { recursive: true }))

const skill = { score: 2, seconds: 0.5, count: 3, rate: 0.1 }

test('what was saved is loaded, in the same order', async () => {
  const resume = new Map([
    ['b', skill],
    ['a\n"é', { ...skill, score: 7 }],
  ])
  await saveResume(file, resume)
  expect((await loadResume(file))?.skills).toEqual([...resume])
})

test('a missing folder is an error at start', async () => {
  await expect(loadResume(join(folder, 'nowhere', 'resume.json'))).rejects.toThrow('nowhere')
})

test('no file is no résumé', async () => {
  expect(await loadResume(file)).toBeUndefined()
})

test('nothing is left beside the file', async () => {
  await saveResume(file, new Map())
  await saveResume(file, new Map([['a', skill]]))
  expect(await readdir(folder)).toEqual(['resume.json'])
})

test('many may save to one file at once, and each file is complete', async () => {
  const resumes = Array.from({ length: 20 }, (_, i) => new Map([[`class ${i}`, skill]]))
  await Promise.all(resumes.map((resume) => saveResume(file, resume)))
  expect(resumes.map((resume) => [...resume])).toContainEqual((await loadResume(file))?.skills)
  expect(await readdir(folder)).toEqual(['resume.json'])
})

test('a file that cannot be renamed is not left behind', async () => {
  await mkdir(file)
  await expect(saveResume(file, new Map())).rejects.toThrow()
  expect(await readdir(folder)).toEqual(['resume.json'])
})

test('a file that cannot be written leaves the old one as it was', async () => {
  await saveResume(file, new Map([['a', skill]]))
  const before = await readFile(file, 'utf8')
  await expect(saveResume(join(folder, 'no', 'such'), new Map())).rejects.toThrow('ENOENT')
  expect(await readFile(file, 'utf8')).toBe(before)
})

test.each([
  ['half of one', '{"resumelb":"resume","version":1,"skills":[["a"'],
  ['nothing', 'null'],
  ['something else', '{"name":"app"}'],
  ['a later version', '{"resumelb":"resume","version":2,"skills":[]}'],
])('a file with %s is refused', async (_what, text) => {
  await writeFile(file, text)
  await expect(loadResume(file)).rejects.toThrow()
})

test('entries that cannot be are left out', async () => {
  const skills = [['a', skill], 'b', ['c'], [5, skill], ['d', null], null]
  await writeFile(file, JSON.stringify({ resumelb: 'resume', version: 1, skills }))
  expect((await loadResume(file))?.skills).toEqual([['a', skill]])
})
