import { expect, test } from 'vitest'
import { trailersOf } from '../../src/http/trailers.ts'

test('trailers that would frame, route or authenticate a message are dropped', () => {
  const forbidden = [
    ...['Content-Length', '5', 'transfer-encoding', 'chunked', 'Host', 'a', 'Connection', 'close'],
    ...['Trailer', 'x', 'Set-Cookie', 'a=1', 'Content-Type', 'text/html', 'Cache-Control', 'none'],
    ...['Content_Length', '5', 'X-Forwarded-For', '6.6.6.6', 'Authorization', 'Basic x'],
  ]
  expect(trailersOf(['Server-Timing', 'a', ...forbidden, 'Grpc-Status', '0'])).toEqual([
    ...['Server-Timing', 'a', 'Grpc-Status', '0'],
  ])
})
