/** A stream handler that writes down what it hears. */
import type { ResetCode } from '../../src/errors.ts'
import type { ResponseHead, StreamEnd } from '../../src/message.ts'
import type { StreamHandler } from '../../src/stream-handler.ts'

export class Recorder implements StreamHandler {
  readonly calls: string[] = []

  onResponse(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void {
    const parts = [`${head.status}`]
    if (body) parts.push(body.toString('latin1'))
    if (end) parts.push(endText(end))
    this.calls.push(parts.join(' '))
  }

  onData(chunk: Buffer): void {
    this.calls.push(chunk.toString('latin1'))
  }

  onEnd(end: StreamEnd): void {
    this.calls.push(endText(end))
  }

  onReset(code: ResetCode): void {
    this.calls.push(`reset ${code}`)
  }

  onDrain(): void {
    this.calls.push('drain')
  }
}

function endText({ trailers, report }: StreamEnd): string {
  const parts = ['end']
  if (trailers !== '') parts.push(trailers)
  if (report) parts.push(`after ${report.seconds} s`)
  return parts.join(' ')
}
