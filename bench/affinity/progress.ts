/** Shows what is being done: one line that changes, or lines in a log. */
import type { WriteStream } from 'node:tty'

export function createProgress(stream: WriteStream): (what: string, done: number) => void {
  const start = performance.now()
  return (what, done) => {
    const seconds = ((performance.now() - start) / 1000).toFixed(0).padStart(3)
    const line = `${(done * 100).toFixed(0).padStart(3)} % ${seconds} s  ${what}`
    stream.write(stream.isTTY ? `\r\u001b[K${line.slice(0, stream.columns - 1)}` : `${line}\n`)
  }
}
