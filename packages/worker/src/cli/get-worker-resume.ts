/** The command get-worker-resume: shows workers' résumés. */
import { type Address, formatAddress, parseAddress } from '@resumelb/common'
import { runCommand, splitShortOptions, UsageError } from '@resumelb/common/cli'
import yargs from 'yargs'
import { defaultResumeTimeout, getResume, type WorkerFacts } from '../get-resume.ts'
import { version } from '../software.ts'
import { lastNumber } from './last-number.ts'

interface Arguments {
  readonly _: readonly (string | number)[]
  readonly json: boolean
  readonly timeout: number
}

interface Answer {
  readonly address: string
  readonly facts?: WorkerFacts
  readonly error?: string
}

/** Seconds of the shortest timeout. */
const minTimeout = 0.01

async function readArguments(words: readonly string[]): Promise<Arguments> {
  const argv = await yargs(splitShortOptions(words, 't'))
    .scriptName('get-worker-resume')
    .locale('en')
    .usage(
      '$0 [options] HOST:PORT...\n\nShows how many requests per second each worker manages of each request class.',
    )
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
    .option('timeout', {
      alias: 't',
      type: 'number',
      default: defaultResumeTimeout / 1000,
      coerce: lastNumber('timeout', minTimeout),
      describe: 'Seconds to wait for a worker',
    })
    .demandCommand(1, 'Which worker? Give its address, such as 127.0.0.1:8000')
    .example('$0 127.0.0.1:8000', 'The résumé of one worker')
    .example('$0 --json 127.0.0.1:8000 127.0.0.1:8001 | jq', 'Of two, for programs')
    .epilogue(
      'Exit status: 0 if every worker answered, 1 if one did not, 2 for a mistake in the command.',
    )
    .version(version)
    .strictOptions()
    .exitProcess(false)
    .fail((message, error) => {
      throw new UsageError(message ?? error.message)
    })
    .parseAsync()
  if (argv['help'] || argv['version']) process.exit(0)
  return argv as unknown as Arguments
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

async function main(): Promise<number> {
  const argv = await readArguments(process.argv.slice(2))
  const addresses = argv._.map((text) => parseAddress(String(text)))
  const answers = await Promise.all(addresses.map((address) => ask(address, argv.timeout * 1000)))
  if (argv.json) await print(JSON.stringify(answers.map(asJson), undefined, 2))
  for (const { address, facts, error } of argv.json ? [] : answers) {
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

// Each write is told of its error as well; without a listener, this would end the process.
process.stdout.on('error', () => undefined)
await runCommand('get-worker-resume', main)
