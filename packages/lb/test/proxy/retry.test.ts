import { describe, expect, test } from 'vitest'
import { type FailedTry, judgeRetry, type RetryVerdict } from '../../src/proxy/retry.ts'

const lostGet: FailedTry = {
  method: 'GET',
  code: 'DISCONNECTED',
  responseBegun: false,
  canReplay: true,
  retries: 0,
  wasRepeated: false,
}

describe('judgeRetry', () => {
  const rows: [rule: string, facts: Partial<FailedTry>, verdict: RetryVerdict][] = [
    ['a GET whose worker died goes to another while the budget lasts', {}, 'budgeted'],
    ['a GET that broke off in the worker, too', { code: 'FAILED' }, 'budgeted'],
    ['a HEAD is like a GET', { method: 'HEAD' }, 'budgeted'],
    ['a PUT may be done twice', { method: 'PUT' }, 'budgeted'],
    ['a DELETE may be done twice', { method: 'DELETE' }, 'budgeted'],
    ['a POST may not: the worker may have done it', { method: 'POST' }, 'never'],
    ['a PATCH may not', { method: 'PATCH' }, 'never'],
    ['an unknown method may not', { method: 'FROBNICATE' }, 'never'],
    ['a refused GET goes to another without budget', { code: 'REFUSED' }, 'safe'],
    ['a refused POST as well: it was not processed', { method: 'POST', code: 'REFUSED' }, 'safe'],
    ['one that waited behind others as well', { method: 'POST', code: 'BLOCKED' }, 'safe'],
    ['one that waited behind its class, too', { method: 'POST', code: 'SELF_BLOCKED' }, 'safe'],
    ['what has begun to be answered is never repeated', { responseBegun: true }, 'never'],
    ['not even if it was refused', { responseBegun: true, code: 'REFUSED' }, 'never'],
    ['a body that is gone cannot be sent again', { method: 'PUT', canReplay: false }, 'never'],
    ['not even if it was refused', { code: 'REFUSED', canReplay: false }, 'never'],
    ['a request that the application has given up stays so', { code: 'ABORTED' }, 'never'],
    ['a request that took too long takes no longer', { code: 'TIMEOUT' }, 'never'],
    ['the last retry is one', { retries: 1 }, 'budgeted'],
    ['what has failed two workers gets no third', { retries: 1, wasRepeated: true }, 'never'],
    ['unless the second has only refused it', { wasRepeated: true, code: 'REFUSED' }, 'safe'],
    ['after the last retry there is none', { retries: 2 }, 'never'],
    ['refusals are bounded, too', { retries: 2, code: 'REFUSED' }, 'never'],
  ]

  test.each(rows)('%s', (_rule, facts, verdict) => {
    expect(judgeRetry({ ...lostGet, ...facts }, 2)).toBe(verdict)
  })
})
