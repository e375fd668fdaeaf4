/** Résumés that pass from one process to the next, over a channel that copies as IPC does. */
import { EventEmitter } from 'node:events'
import type { Resume, Skill } from '@resumelb/protocol'
import { expect, test } from 'vitest'
import { receiveResumes, sendResumes } from '../../../src/cli/restart/resume-transfer.ts'

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

function resumeOf(length: number): Resume {
  return new Map(Array.from({ length }, (_, index) => [`class ${index}`, skill(index + 1)]))
}

async function pass(resumes: ReadonlyMap<string, Resume>) {
  const channel = new Channel()
  const received = receiveResumes(channel as unknown as Process)
  await sendResumes(channel as unknown as Child, resumes)
  return { channel, resumes: await received }
}

test('they arrive as they were sent, in pieces', async () => {
  const sent = new Map([
    ['http://a:1', resumeOf(2_500)],
    ['http://b:1', resumeOf(1)],
    ['http://c:1', resumeOf(0)],
  ])
  const { channel, resumes } = await pass(sent)
  expect([...resumes]).toEqual([...sent].slice(0, 2))
  expect([channel.messages, channel.listenerCount('message')]).toEqual([5, 0])
})

test('of too many skills, each worker keeps those of the classes used last', async () => {
  const { resumes } = await pass(
    new Map([
      ['http://a:1', resumeOf(60_000)],
      ['http://b:1', resumeOf(3)],
    ]),
  )
  expect([...resumes.values()].map(({ size }) => size)).toEqual([50_000, 3])
  expect(resumes.get('http://a:1')?.has('class 59999')).toBe(true)
})

test('what has come counts if the predecessor ends', async () => {
  const channel = new Channel()
  const received = receiveResumes(channel as unknown as Process)
  const skills = [...resumeOf(1)]
  channel.send({ handover: 'resume', worker: 'http://a:1', skills }, () => undefined)
  channel.emit('disconnect')
  expect(await received).toEqual(new Map([['http://a:1', resumeOf(1)]]))
})

test('nothing is waited for without a predecessor', async () => {
  const channel = new Channel()
  channel.connected = false
  expect(await receiveResumes(channel as unknown as Process)).toEqual(new Map())
})
