/** The command get-worker-resume: shows workers' résumés. */
import { setTimeout } from 'node:timers/promises'
import { type Address, parseAddress } from '@resumelb/common'
import { type CommandLine, counted, readCommandLine, UsageError } from '@resumelb/common/cli'
import type { DialTls, Skill, WarmthSummary } from '@resumelb/protocol'
import type { WorkerFacts } from '../get-resume.ts'
import { type Answer, askWorker, awaitBalancers } from './await-balancers.ts'
import { type GetResumeValues, getResumeSyntax } from './get-worker-resume-syntax.ts'
import type { ResumeDocument } from './resume-document.ts'
import { peerCertificatesOf } from './tls-options.ts'

function ask(address: Address, values: GetResumeValues, tls: DialTls | undefined): Promise<Answer> {
  const { wait, balancers, timeout } = values
  if (wait === 0) return askWorker(address, timeout, tls)
  return awaitBalancers(address, { duration: wait, balancers, timeout, tls })
}

function tlsOf(values: GetResumeValues, labelOf: CommandLine['labelOf']): DialTls | undefined {
  const { tlsName: name } = values
  const certificates = peerCertificatesOf({ values, labelOf })
  if (certificates !== undefined) return { certificates, ...(name !== undefined && { name }) }
  if (name === undefined) return undefined
  throw new UsageError(`${labelOf('tlsName')} requires ${labelOf('tlsCa')}`)
}

function asJson({ address, facts, error }: Answer): ResumeDocument {
  if (facts === undefined) return { address, error }
  const { resume, ...others } = facts
  return { address, error, ...others, resume: Object.fromEntries(resume) }
}

function asText(address: string, facts: WorkerFacts): string {
  const { description, version, load, isStandby, isUnlimited, capacity, balancers } = facts
  const { warmth, resume } = facts
  const names = [description, version && `version ${version}`].filter(Boolean).join(', ')
  const numbers = [
    `${load.requests} in progress`,
    ...(balancers === undefined ? [] : [counted(balancers, 'load balancer')]),
    counted(resume.size, 'class', 'classes'),
    ...(warmth === undefined ? [] : [warmthText(warmth)]),
    isUnlimited ? 'no concurrency limit' : `concurrency ${load.concurrency}`,
    ...(capacity === 1 ? [] : [`capacity ${capacity}`]),
    `event loop ${Math.round(load.eventLoopDelay)} ms late`,
  ]
  const { warmUp } = load
  const state = warmUp ? `${load.state} ${warmUp.done}/${warmUp.total}` : load.state
  const head = `${address}${names && ` (${names})`}: ${state}${isStandby ? ' on standby' : ''}, ${numbers.join(', ')}`
  const skills = [...resume].sort(([, a], [, b]) => b.score - a.score)
  const rows = skills.map(
    ([name, skill]) =>
      `  ${skill.score.toPrecision(4).padStart(10)} requests/s  ${name || '""'}${sizeText(skill)}`,
  )
  return [head, ...rows].join('\n')
}

function warmthText({ links, capacity }: WarmthSummary): string {
  const text = counted(links, 'warm link')
  return capacity === undefined ? text : `${text} of about ${capacity} kept`
}

/** What requests take by their size, if they have one. */
function sizeText({ fixed, perUnit = 0, rest }: Skill): string {
  if (fixed === undefined) return ''
  const parts = [`${seconds(fixed)} + ${seconds(perUnit)} per uncached unit`]
  if (rest !== undefined) parts.push(`${seconds(rest)} after the first byte`)
  return `  (${parts.join(', ')})`
}

function seconds(value: number): string {
  return `${Number(value.toPrecision(3))} s`
}

/** Runs the command. Resolves with the exit status. */
export async function getWorkerResume(typed: readonly string[]): Promise<number> {
  const line = readCommandLine(typed, getResumeSyntax)
  const { words } = line
  const values = line.values as unknown as GetResumeValues
  if (words.length === 0)
    throw new UsageError('Expected the address of at least one worker, such as 127.0.0.1:8000')
  if (line.isGiven('balancers') && values.wait === 0)
    throw new UsageError(`${line.labelOf('balancers')} requires --wait`)
  const addresses = words.map((text) => parseAddress(text, 'a worker'))
  const tls = tlsOf(values, line.labelOf)
  for (;;) {
    const answers = await Promise.all(addresses.map((address) => ask(address, values, tls)))
    await show(answers, values.json)
    if (values.watch === 0) return answers.every(({ error }) => error === undefined) ? 0 : 1
    await setTimeout(values.watch)
  }
}

async function show(answers: readonly Answer[], isJson: boolean): Promise<void> {
  if (isJson) await print(JSON.stringify(answers.map(asJson), undefined, 2))
  for (const { address, facts, error } of isJson ? [] : answers) {
    if (facts) await print(asText(address, facts))
    if (error !== undefined) console.error(`get-worker-resume: ${error}`)
  }
}

/** Resolves when the text was written: a pipe may be slow, and the process ends after it. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${text}\n`, () => resolve()))
}
