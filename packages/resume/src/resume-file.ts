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
  /** Recorded requests, as their recorder saves them. Absent in files of older releases. */
  readonly requests?: unknown
}

/**
 * Reads a résumé file; undefined if the file does not exist yet. Throws if the file is invalid, or could
 * not be created.
 */
export async function loadResume(
  path: string,
): Promise<Pick<SavedResume, 'skills' | 'requests'> | undefined> {
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
  return { skills: saved.skills.filter(isEntry), requests: saved.requests }
}

/**
 * Replaces the file. Of several that save to it at once, in one process or in containers whose
 * processes have the same id, each writes a file of its own, and the last one stays. A file with
 * requests, which are data of clients, can be read by its owner only.
 */
export async function saveResume(path: string, resume: Resume, requests?: unknown): Promise<void> {
  const saved: SavedResume = { resumelb: 'resume', version: 1, skills: [...resume], requests }
  const aside = `${path}.${randomUUID()}.new`
  const mode = requests === undefined ? 0o666 : 0o600
  try {
    await writeFile(aside, `${JSON.stringify(saved)}\n`, { mode })
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
