import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AccessLog } from '../../src/admin/access-log.ts'
import { lineFormatOf } from '../../src/admin/log-format.ts'
import { refusalOfConnection, refusalOfInput } from '../../src/admin/refusal.ts'
import { maxSingleLines } from '../../src/admin/repeated-lines.ts'
import type { EndedRequest, EndedSize } from '../../src/events.ts'
import { until } from '../support/balancer.ts'

function ended(rawHeaders: string[] = [], url = '/a?b'): EndedRequest {
  const request = { method: 'GET', url, httpVersion: '1.1', rawHeaders }
  return {
    request: request as unknown as IncomingMessage,
    id: 'id-1',
    requestClass: 'a',
    remoteAddress: '1.2.3.4',
    status: 200,
    bytesSent: 1234,
    bytesReceived: 0,
    isWarm: undefined,
    regret: undefined,
    size: undefined,
    worker: '127.0.0.1:1',
    choice: undefined,
    attempts: 1,
    outcome: 'served',
    reason: undefined,
    isTruncated: false,
    startedAt: 0,
    assignedAt: 0,
    answeredAt: 1,
    endedAt: 2,
  }
}

const combinedLine = lineFormatOf('combined').ofRequest

/** What a descriptor is open for; nothing if it has just been closed. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}

const date = String.raw`\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\]`

describe('the format of an operator', () => {
  test('has variables for all that is known of a request', () => {
    const line = lineFormatOf(
      '$remote_addr "$request" $status $request_id $class $worker $reason $attempts $queue_time/$first_byte_time/$request_time $ended_by $truncated $http_x_tenant',
    ).ofRequest
    const request = { ...ended(['X-Tenant', 'seven']), choice: 'home' as const, endedAt: 1_500 }
    expect(line(request)).toBe(
      '1.2.3.4 "GET /a?b HTTP/1.1" 200 id-1 a 127.0.0.1:1 home 1 0/0.001/1.5 worker false seven',
    )
  })

  test('says who ended a request', () => {
    const line = lineFormatOf('$ended_by').ofRequest
    const endedBy = (reason: EndedRequest['reason']) => line({ ...ended(), reason })
    expect(endedBy('CLIENT_DISCONNECTED')).toBe('client')
    expect(endedBy('WORKER_LOST')).toBe('worker')
    expect(endedBy('RESPONSE_TIMEOUT')).toBe('balancer')
    expect(line({ ...ended(), worker: '' })).toBe('balancer')
  })

  test('writes a dash for what is absent, and nothing that ends a line or a field', () => {
    const line = lineFormatOf('$failure "$http_x" "$uri"').ofRequest
    expect(line(ended(['x', 'a"\\b'], '/\u2028'))).toBe(String.raw`- "a\"\\b" "/\u2028"`)
  })

  test('is refused if it has none of the variables, or unknown ones', () => {
    expect(() => lineFormatOf('common')).toThrow('Expected log-format to be combined, json')
    expect(() => lineFormatOf('$status $statsu')).toThrow("got '$statsu'")
  })
})

describe('the JSON format', () => {
  test('is an object a line, with numbers as numbers, without what is absent', () => {
    const line = lineFormatOf('json').ofRequest(ended(['Host', 'a.example']))
    expect(line).not.toContain('\n')
    const { time, ...facts } = JSON.parse(line)
    expect(Date.parse(time)).toBeGreaterThan(0)
    expect(facts).toEqual({
      remote_addr: '1.2.3.4',
      method: 'GET',
      uri: '/a?b',
      protocol: 'HTTP/1.1',
      host: 'a.example',
      status: 200,
      body_bytes_sent: 1234,
      request_body_bytes: 0,
      request_id: 'id-1',
      class: 'a',
      worker: '127.0.0.1:1',
      attempts: 1,
      outcome: 'served',
      queue_time: 0,
      first_byte_time: 0.001,
      request_time: 0.002,
      ended_by: 'worker',
      truncated: false,
    })
  })

  test('has no worker of a request that none has had', () => {
    const line = lineFormatOf('json').ofRequest({ ...ended(), worker: '', attempts: 0 })
    expect(JSON.parse(line)).not.toHaveProperty('worker')
  })

  test('tells the size of a request, and what of it the worker had in its caches', () => {
    const json = (size: EndedSize | undefined) =>
      JSON.parse(lineFormatOf('json').ofRequest({ ...ended(), size }))
    const half = { units: 4096, links: 9, warmPart: 0.5 }
    expect(json(half)).toMatchObject({ units: 4096, warm_units: 2048, links: 9, warm_links: 4.5 })
    const third = lineFormatOf('$units $warm_units $links $warm_links')
    expect(third.ofRequest({ ...ended(), size: { ...half, warmPart: 1 / 3 } })).toBe(
      '4096 1365.33 9 3',
    )
    expect(third.ofRequest(ended())).toBe('- - - -')
    const alone = json({ units: 7, links: undefined, warmPart: undefined })
    expect(alone.units).toBe(7)
    for (const name of ['warm_units', 'links', 'warm_links']) expect(alone).not.toHaveProperty(name)
    expect(json(undefined)).not.toHaveProperty('units')
  })

  test('carries what clients send, and has one line for it', () => {
    const uri = '/\u2028\u0085"\\'
    const line = lineFormatOf('json').ofRequest(ended([], uri))
    expect(JSON.parse(line).uri).toBe(uri)
    expect(line).not.toMatch(/[\u2028\u0085\n]/)
  })
})

describe('combinedLine', () => {
  test('is what Apache and nginx write', () => {
    const credentials = Buffer.from('ann:secret').toString('base64')
    const line = combinedLine(
      ended([
        ...['Referer', 'http://b.example/', 'User-Agent', 'curl/8'],
        ...['Authorization', `Basic ${credentials}`, 'Cookie', 'c=1'],
      ]),
    )
    expect(line).toMatch(
      new RegExp(
        String.raw`^1\.2\.3\.4 - ann ${date} "GET /a\?b HTTP/1\.1" 200 1234 "http://b\.example/" "curl/8"$`,
      ),
    )
  })

  test('has dashes for what is not there', () => {
    expect(combinedLine(ended())).toMatch(
      new RegExp(String.raw`^1\.2\.3\.4 - - ${date} "GET /a\?b HTTP/1\.1" 200 1234 "-" "-"$`),
    )
  })

  test('says zero for an empty body', () => {
    expect(combinedLine({ ...ended(), bytesSent: 0 })).toContain(' 200 0 "-"')
  })

  test('marks a response that broke off, behind the fields of the format', () => {
    expect(combinedLine({ ...ended(), isTruncated: true })).toMatch(/ 200 1234 "-" "-" truncated$/)
  })

  test('never writes a password, nor a user that is more than one word', () => {
    const user = (credentials: string) => {
      const value = `Basic ${Buffer.from(credentials).toString('base64')}`
      return combinedLine(ended(['Authorization', value])).split(' [')[0]
    }
    expect(user('ann:a:b')).toBe('1.2.3.4 - ann')
    expect(user('ann lee:secret')).toBe('1.2.3.4 - ann%20lee')
    expect(user('a\n1.1.1.1:x')).toBe('1.2.3.4 - a\\x0a1.1.1.1')
    expect(user(':secret')).toBe('1.2.3.4 - -')
    expect(combinedLine(ended(['Authorization', 'Bearer secret']))).not.toContain('secret')
  })

  test('lets no client write lines or quotes of its own', () => {
    const line = combinedLine(ended(['User-Agent', 'a"\n1.1.1.1 - - "x\u001b[31m'], '/"'))
    for (const character of ['\n', '\u001b']) expect(line).not.toContain(character)
    expect(line.replaceAll('\\"', '').split('"').length).toBe(7)
  })
})

describe('a line for what was refused before it was a request', () => {
  const input = { reason: 'HEADERS_TOO_LARGE', status: 431, remoteAddress: '1.2.3.4', id: 'id-1' }
  const connection = { cause: 'BAD_PROXY_HEADER', reason: 'it is "bad"\n', remoteAddress: '' }
  const refusals = [
    { ...refusalOfInput(input as never), repeated: 312, seconds: 10 },
    refusalOfConnection(connection as never),
  ]

  test('has the client, the status and the reason in the combined format, and counts', () => {
    const [many = '', one] = refusals.map(lineFormatOf('combined').ofRefusal)
    expect(many).toMatch(
      new RegExp(
        String.raw`^1\.2\.3\.4 - - ${date} "-" 431 0 "-" "-" refused HEADERS_TOO_LARGE 312 more in 10 s$`,
      ),
    )
    expect(one).toMatch(/^- - - .* "-" 000 0 "-" "-" refused BAD_PROXY_HEADER$/)
  })

  test('has the same as members of JSON', () => {
    const lines = refusals.map(lineFormatOf('json').ofRefusal).map((line) => JSON.parse(line))
    expect(lines).toEqual([
      {
        ...{ time: expect.any(String), remote_addr: '1.2.3.4', status: 431, request_id: 'id-1' },
        ...{ outcome: 'refused', failure: 'HEADERS_TOO_LARGE', repeated: 312 },
      },
      {
        ...{ time: expect.any(String), outcome: 'refused', failure: 'BAD_PROXY_HEADER' },
        detail: 'it is "bad"\n',
      },
    ])
  })

  test('has dashes for what only requests have in the format of an operator', () => {
    const { ofRefusal } = lineFormatOf('$remote_addr "$request" $status $worker $failure $detail')
    expect(refusals.map(ofRefusal)).toEqual([
      '1.2.3.4 "-" 431 - HEADERS_TOO_LARGE -',
      String.raw`- "-" - - BAD_PROXY_HEADER it is \"bad\"\x0a`,
    ])
  })
})

describe('AccessLog', () => {
  const openLog = () => {
    const folder = mkdtempSync(join(tmpdir(), 'resumelb-log-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'access.log')
    const errors: Error[] = []
    return { file, errors, log: new AccessLog(file, (error) => errors.push(error)) }
  }
  const lines = (file: string) => readFileSync(file, 'utf8').split('\n').length - 1

  test('has written every line when it is closed', async () => {
    const { file, log } = openLog()
    for (let count = 0; count < 1000; count++) log.write(ended())
    await log.close()
    expect(lines(file)).toBe(1000)
  })

  test('has no more lines than that of a flood of what is refused', async () => {
    const { file, log } = openLog()
    const refused = { status: 400, remoteAddress: '1.2.3.4' } as const
    const flood = refusalOfInput({ ...refused, reason: 'BAD_REQUEST' })
    for (let count = 0; count < 1000; count++) log.writeRefusal(flood)
    log.writeRefusal(refusalOfInput({ ...refused, reason: 'BAD_HANDSHAKE' }))
    await log.close()
    expect(lines(file)).toBe(maxSingleLines + 2)
    expect(readFileSync(file, 'utf8')).toContain(
      `BAD_REQUEST ${1000 - maxSingleLines} more in 10 s`,
    )
  })

  test('goes on in a new file when the old one was moved away', async () => {
    const { file, log } = openLog()
    log.write(ended())
    await until(() => lines(file) === 1)
    renameSync(file, `${file}.1`)
    log.reopen()
    await until(() => existsSync(file))
    log.write(ended())
    log.write(ended())
    await log.close()
    expect(lines(file)).toBe(2)
    expect(lines(`${file}.1`)).toBe(1)
  })

  test('goes on with the old file while there can be no new one', async () => {
    const { file, log, errors } = openLog()
    log.write(ended())
    renameSync(file, `${file}.1`)
    mkdirSync(file)
    expect(() => log.reopen()).toThrow('EISDIR')
    log.write(ended())
    rmdirSync(file)
    log.reopen()
    log.write(ended())
    await log.close()
    expect([lines(`${file}.1`), lines(file)]).toEqual([2, 1])
    expect(errors).toEqual([])
  })

  // Between two closes, the same number may have been given to another file.
  test.skipIf(!existsSync('/proc/self/fd'))('closes each descriptor once', async () => {
    const { file, log, errors } = openLog()
    const open = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(file))
    const first = open()
    renameSync(file, `${file}.1`)
    mkdirSync(file)
    expect(() => log.reopen()).toThrow('EISDIR')
    expect(open()).toEqual(first)
    rmdirSync(file)
    for (let count = 0; count < 5; count++) log.reopen()
    await until(() => open().length === 1)
    await log.close()
    expect(open()).toEqual([])
    expect(errors).toEqual([])
  })

  test('takes no more lines once it is closed', async () => {
    const { file, log } = openLog()
    await log.close()
    log.write(ended())
    log.reopen()
    await log.close()
    expect(lines(file)).toBe(0)
  })

  test('cannot be in a folder that does not exist', () => {
    expect(() => new AccessLog('/no/such/folder/log', () => undefined)).toThrow('ENOENT')
  })
})
