/** The command get-worker-resume: shows workers' résumés. */
import { type Address, formatAddress, parseAddress } from '@resumelb/common'
import { readCommandLine, UsageError } from '@resumelb/common/cli'
import { getResume, type WorkerFacts } from '../get-resume.ts'
import { type GetResumeValues, getResumeSyntax } from './get-worker-resume-syntax.ts'

interface Answer {
  readonly address: string
  readonly facts?: WorkerFacts
  readonly error?: string
}

async function ask(address: Address, timeout: number): Promise<Answer> {
  try {
    return { address: formatAddress(address), facts: await getResume(address, timeout) }
  } catch (error) {
    return { address: formatAddress(address), error: (error as Error).message }
  }
}

function asJson({ address, facts, error }: Answer): object {
  if (facts === undefined) return { address, error }
  const { description, version, software, load, resume } = facts
  return { address, description, version, software, load, resume: Object.fromEntries(resume) }
}

function asText(address: string, facts: WorkerFacts): string {
  const { description, version, load, resume } = facts
  const names = [description, version && `version ${version}`].filter(Boolean).join(', ')
  const head = `${address}${names && ` (${names})`}: ${load.state}, ${load.requests} in progress, ${resume.size} classes`
  const skills = [...resume].sort(([, a], [, b]) => b.score - a.score)
  const rows = skills.map(
    ([name, skill]) => `  ${skill.score.toPrecision(4).padStart(10)} requests/s  ${name}`,
  )
  return [head, ...rows].join('\n')
}

/** Does what the words say. Resolves with the exit code. */
export async function getWorkerResume(typed: readonly string[]): Promise<number> {
  const { words, values } = readCommandLine(typed, getResumeSyntax)
  const { json, timeout } = values as unknown as GetResumeValues
  if (words.length === 0)
    throw new UsageError('Which worker? Give its address, such as 127.0.0.1:8000')
  const addresses = words.map((text) => parseAddress(text, 'a worker'))
  const answers = await Promise.all(addresses.map((address) => ask(address, timeout)))
  if (json) await print(JSON.stringify(answers.map(asJson), undefined, 2))
  for (const { address, facts, error } of json ? [] : answers) {
    if (facts) await print(asText(address, facts))
    else console.error(`get-worker-resume: ${error}`)
  }
  return answers.every((answer) => answer.facts) ? 0 : 1
}

/** Resolves when the text has been taken: a pipe may be slow, and the process ends after it. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${text}\n`, (error) => {
      if (error && !hasLeft(error)) reject(error)
      else resolve()
    })
  })
}

/** Whether a reader, such as `head`, has seen enough: no failure. */
function hasLeft({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED'
}
