/** Runs the command resumelb-tree in this process. */
import { endWithReader } from '@resumelb/common/cli'
import { run } from './command.ts'

const write = (stream: NodeJS.WriteStream) => (text: string) => {
  if (text !== '') stream.write(text.endsWith('\n') ? text : `${text}\n`)
}

endWithReader()
process.exitCode = await run({
  args: process.argv.slice(2),
  connectionString: process.env['ZC_ZK_CONNECTION_STRING'],
  stdin: process.stdin,
  print: write(process.stdout),
  complain: write(process.stderr),
})
