/** The command `resumelb-ctl`: queries and changes a load balancer through its admin server. */
import { parseAddress } from '@resumelb/common'
import { type CommandLine, readCommandLine, UsageError } from '@resumelb/common/cli'
import type { Reloaded } from '../../admin/changes.ts'
import type { ExplainAnswer } from '../../admin/explain-query.ts'
import { jsonText } from '../../admin/json-text.ts'
import type { AdminStatus } from '../../admin/status-document.ts'
import { tokenFrom } from '../../admin/token-file.ts'
import { AdminClient, AdminError } from './client.ts'
import { questionOf } from './question.ts'
import { type CtlValues, ctlSyntax } from './syntax.ts'
import { classesText, explainText, reloadText, statusText, workersText } from './text.ts'
import { top } from './top.ts'

/** What the command needs of its process. */
export interface CtlOutput {
  readonly print: (text: string) => void
}

interface Call {
  readonly values: CtlValues
  /** The words after that of the subcommand. */
  readonly words: readonly string[]
  readonly client: AdminClient
  readonly print: (text: string) => void
}

const actions: Readonly<Record<string, (call: Call) => Promise<number>>> = {
  status: async (call) => {
    const status = await readStatus(call, 0)
    show(call, status, statusText)
    return status.balancer.isReady ? 0 : 1
  },
  workers: async (call) => show(call, await readStatus(call, 0), workersText),
  classes: async (call) => show(call, await readStatus(call, call.values.limit), classesText),
  explain: async (call) => {
    const { query, body } = await questionOf(call)
    const path = `/explain?${query}`
    const answer = await (body === undefined
      ? call.client.get(path)
      : call.client.postBytes(path, body))
    return show(call, answer as ExplainAnswer, explainText)
  },
  add: (call) => change(call, 'add', 'added'),
  remove: (call) => change(call, 'remove', 'removed'),
  drain: async (call) => {
    const { deadline } = call.values
    const body = deadline === undefined ? {} : { deadlineSeconds: deadline / 1000 }
    const end = deadline === undefined ? '' : ` within ${deadline / 1000} s`
    return change(call, 'drain', `draining${end}`, body)
  },
  ready: (call) => change(call, 'ready', 'ready'),
  set: async (call) => {
    const answer = await call.client.post('/settings', settingsOf(call.words))
    return show(call, answer as object, (document) => jsonText(document))
  },
  reload: async (call) =>
    show(call, (await call.client.post('/reload', {})) as Reloaded, reloadText),
  top: ({ client, print, values }) => top(client, print, values.limit),
}

/** Runs the command. Resolves with the exit status. */
export async function resumelbCtl(typed: readonly string[], output: CtlOutput): Promise<number> {
  const line = readCommandLine(typed, ctlSyntax)
  const [name = '', ...words] = line.words
  const action = actions[name]
  if (action === undefined) throw new UsageError(`Unknown command ${name}`)
  const values = line.values as unknown as CtlValues
  try {
    return await action({ values, words, client: clientOf(line, values), ...output })
  } catch (error) {
    if (!(error instanceof AdminError)) throw error
    process.stderr.write(`resumelb-ctl: ${error.message}\n`)
    return 1
  }
}

function clientOf({ labelOf }: CommandLine, values: CtlValues): AdminClient {
  const { timeout } = values
  const place = values.admin ?? process.env['RESUMELB_ADMIN']
  if (place === undefined || place === '') {
    throw new UsageError('Expected --admin, or RESUMELB_ADMIN in the environment')
  }
  const file = values.tokenFile ?? process.env['RESUMELB_ADMIN_TOKEN_FILE']
  const token = file ? tokenFrom(file, labelOf('tokenFile')) : undefined
  return new AdminClient({ address: parseAddress(place, labelOf('admin')), token, timeout })
}

async function readStatus({ client }: Call, classes: number): Promise<AdminStatus> {
  return (await client.get(`/status?classes=${classes}`)) as AdminStatus
}

/** Changes the worker that is named, and prints the answer, or that text. */
async function change(call: Call, action: string, text: string, body: object = {}) {
  const [worker = ''] = call.words
  const path = `/workers/${encodeURIComponent(worker)}/${action}`
  return show(call, await call.client.post(path, body), () => text)
}

function settingsOf(words: readonly string[]): Record<string, number | null> {
  const settings = words.map((word): [string, number | null] => {
    const [, name, value] = /^(\w+)=(.*)$/.exec(word) ?? []
    if (name === undefined || value === undefined) {
      throw new UsageError(`Expected NAME=VALUE, got ${word}`)
    }
    if (value === '') return [name, null]
    if (Number.isNaN(Number(value)))
      throw new UsageError(`Expected ${name} to be a number, got ${value}`)
    return [name, Number(value)]
  })
  return Object.fromEntries(settings)
}

/** Prints an answer as JSON or as text; the exit status that goes with it. */
function show<Document>(
  { values, print }: Call,
  document: Document,
  textOf: (document: Document) => string,
): number {
  print(values.json ? jsonText(document, 2) : textOf(document))
  return 0
}
