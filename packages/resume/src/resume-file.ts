/** Keeps a résumé over restarts: written aside, then renamed, so that it is always whole. */
import { access, constants, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { RequestClass, Resume } from '@resumelb/protocol'
import type { SavedSkill } from './skill-record.ts'

type Entry = readonly [RequestClass, SavedSkill]

/** The first lines tell what the file is; each class is an entry of `skills`. */
interface SavedResume {
  readonly resumelb: 'resume'
  readonly version: 1
  readonly skills: readonly Entry[]
}

/**
 * Reads a résumé; undefined if there is no file yet. Throws if the file is none, or if there could not
 * be one.
 */
export async function loadResume(path: string): Promise<readonly Entry[] | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await access(dirname(path), constants.W_OK)
    return undefined
  }
  const saved = JSON.parse(text) as Partial<SavedResume> | null
  if (saved?.resumelb !== 'resume' || saved.version !== 1 || !Array.isArray(saved.skills)) {
    throw new Error(`${path} is not a résumé of version 1`)
  }
  return saved.skills.filter(isEntry)
}

export async function saveResume(path: string, resume: Resume): Promise<void> {
  const saved: SavedResume = { resumelb: 'resume', version: 1, skills: [...resume] }
  const aside = `${path}.${process.pid}.new`
  await writeFile(aside, `${JSON.stringify(saved)}\n`)
  await rename(aside, path)
}

function isEntry(value: unknown): value is Entry {
  return (
    Array.isArray(value) &&
    typeof value[0] === 'string' &&
    typeof value[1] === 'object' &&
    value[1] !== null
  )
}
