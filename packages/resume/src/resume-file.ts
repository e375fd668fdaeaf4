/**
 * Keeps a résumé across restarts: written to a new file, then renamed, so that it is always
 * complete.
 */
import { randomUUID } from 'node:crypto'
import { access, constants, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { RequestClass, Resume } from '@resumelb/protocol'
import type { SavedSkill } from './skill-record.ts'

type Entry = readonly [RequestClass, SavedSkill]

/** The first lines identify the file; each class is an entry of `skills`. */
interface SavedResume {
  readonly resumelb: 'resume'
  readonly version: 1
  readonly skills: readonly Entry[]
}

/**
 * Reads a résumé; undefined if the file does not exist yet. Throws if the file is invalid, or could
 * not be created.
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

/**
 * Replaces the file. Of several that save to it at once, in one process or in containers whose
 * processes have the same id, each writes a file of its own, and the last one stays.
 */
export async function saveResume(path: string, resume: Resume): Promise<void> {
  const saved: SavedResume = { resumelb: 'resume', version: 1, skills: [...resume] }
  const aside = `${path}.${randomUUID()}.new`
  try {
    await writeFile(aside, `${JSON.stringify(saved)}\n`)
    await rename(aside, path)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
}

function isEntry(value: unknown): value is Entry {
  return (
    Array.isArray(value) &&
    typeof value[0] === 'string' &&
    typeof value[1] === 'object' &&
    value[1] !== null
  )
}
