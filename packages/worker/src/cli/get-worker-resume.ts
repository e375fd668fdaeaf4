/** The command get-worker-resume: shows workers' résumés. */
import { formatAddress, parseAddress } from '@resumelb/protocol'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { defaultResumeTimeout, getResume, type WorkerFacts } from '../get-resume.ts'
import { version } from '../software.ts'

const argv = await yargs(hideBin(process.argv))
  .scriptName('get-worker-resume')
  .usage(
    '$0 [options] HOST:PORT...\n\nShows how many requests per second each worker manages of each request class.',
  )
  .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
  .option('timeout', {
    alias: 't',
    type: 'number',
    default: defaultResumeTimeout / 1000,
    describe: 'Seconds to wait for a worker',
  })
  .demandCommand(1, 'Which worker? Give its address, such as 127.0.0.1:8000.')
  .example('$0 127.0.0.1:8000', 'The résumé of one worker')
  .example('$0 --json 127.0.0.1:8000 127.0.0.1:8001 | jq', 'Of two, for programs')
  .epilogue(
    'Exit status: 0 if every worker answered, 1 if one did not, 2 for a mistake in the command.',
  )
  .version(version)
  .strict()
  .fail((message, error) => {
    console.error(`get-worker-resume: ${message ?? error.message}\nTry get-worker-resume --help.`)
    process.exit(2)
  })
  .parse()

interface Answer {
  readonly address: string
  readonly facts?: WorkerFacts
  readonly error?: string
}

async function ask(text: string): Promise<Answer> {
  const address = parseAddress(text)
  try {
    return { address: formatAddress(address), facts: await getResume(address, argv.timeout * 1000) }
  } catch (error) {
    return { address: formatAddress(address), error: (error as Error).message }
  }
}

function asJson({ address, facts, error }: Answer): object {
  if (facts === undefined) return { address, error }
  const { description, version, software, load, resume } = facts
  return { address, description, version, software, load, resume: Object.fromEntries(resume) }
}

function asText({ address, facts, error }: Answer): string {
  if (facts === undefined) return `${address}: ${error}`
  const { description, version, load, resume } = facts
  const names = [description, version && `version ${version}`].filter(Boolean).join(', ')
  const head = `${address}${names && ` (${names})`}: ${load.state}, ${load.requests} in progress, ${resume.size} classes`
  const skills = [...resume].sort(([, a], [, b]) => b.score - a.score)
  const rows = skills.map(
    ([name, skill]) => `  ${skill.score.toPrecision(4).padStart(10)} requests/s  ${name}`,
  )
  return [head, ...rows].join('\n')
}

try {
  const answers = await Promise.all(argv._.map((address) => ask(String(address))))
  if (argv.json) console.log(JSON.stringify(answers.map(asJson), undefined, 2))
  else {
    for (const answer of answers) {
      if (answer.facts) console.log(asText(answer))
      else console.error(`get-worker-resume: ${answer.error}`)
    }
  }
  process.exitCode = answers.every((answer) => answer.facts) ? 0 : 1
} catch (error) {
  console.error(`get-worker-resume: ${(error as Error).message}`)
  process.exitCode = 2
}
