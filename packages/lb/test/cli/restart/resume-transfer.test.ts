/** Résumés that pass from one process to the next, over a channel that copies as IPC does. */
import { EventEmitter } from 'node:events'
import type { Skill } from '@resumelb/protocol'
import { expect, test } from 'vitest'
import { receiveResumes, sendResumes } from '../../../src/cli/restart/resume-transfer.ts'
import type {
  MeasuredResumes,
  MeasuredServer,
} from '../../../src/workers/upstream/measured-resume.ts'

class Channel extends EventEmitter {
  connected = true
  messages = 0

  send(message: object, callback: () => void): boolean {
    this.messages++
    this.emit('message', JSON.parse(JSON.stringify(message)))
    callback()
    return true
  }
}

type Child = Parameters<typeof sendResumes>[0]
type Process = Parameters<typeof receiveResumes>[0]

const skill = (score: number): Skill => ({ score, seconds: 1 / score, count: 1, rate: 0 })

function measuredOf(length: number, linkCount = 0): MeasuredServer {
  const each = (_: unknown, index: number) => [`class ${index}`, skill(index + 1)] as const
  const links = Array.from({ length: linkCount }, (_, index) => index + 1)
  return { skills: new Map(Array.from({ length }, each)), links }
}

async function pass(resumes: MeasuredResumes) {
  const channel = new Channel()
  const received = receiveResumes(channel as unknown as Process)
  await sendResumes(channel as unknown as Child, resumes)
  return { channel, resumes: await received }
}

test('they arrive as they were sent, in pieces', async () => {
  const sent = new Map([
    ['http://a:1', measuredOf(2_500)],
    ['http://b:1', measuredOf(1)],
    ['http://c:1', measuredOf(0)],
    ['http://d:1', measuredOf(1, 1_500)],
  ])
  const { channel, resumes } = await pass(sent)
  sent.delete('http://c:1')
  expect(resumes).toEqual(sent)
  expect([channel.messages, channel.listenerCount('message')]).toEqual([8, 0])
})

test('of too many skills or links, each worker keeps those used last', async () => {
  const { resumes } = await pass(
    new Map([
      ['http://a:1', measuredOf(60_000)],
      ['http://b:1', measuredOf(3, 110_000)],
    ]),
  )
  expect([...resumes.values()].map(({ skills }) => skills.size)).toEqual([50_000, 3])
  expect(resumes.get('http://a:1')?.skills.has('class 59999')).toBe(true)
  const { links = [] } = resumes.get('http://b:1') ?? {}
  expect([links.length, links.at(-1)]).toEqual([100_000, 110_000])
})

test('what has come counts if the predecessor ends', async () => {
  const channel = new Channel()
  const received = receiveResumes(channel as unknown as Process)
  const skills = [...measuredOf(1).skills]
  channel.send({ handover: 'resume', worker: 'http://a:1', skills }, () => undefined)
  channel.emit('disconnect')
  expect(await received).toEqual(new Map([['http://a:1', measuredOf(1)]]))
})

test('nothing is waited for without a predecessor', async () => {
  const channel = new Channel()
  channel.connected = false
  expect(await receiveResumes(channel as unknown as Process)).toEqual(new Map())
})
