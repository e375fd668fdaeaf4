import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

test('what a load balancer without a log warns of goes to standard error', async () => {
  const code = `
    import { LoadBalancer } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
    import { createServer } from 'node:http'
    const balancer = new LoadBalancer({ waitTimeout: 0 })
    const server = createServer(balancer.handleRequest)
    server.listen(0, '127.0.0.1', async () => {
      await fetch('http://127.0.0.1:' + server.address().port)
      await balancer.close()
      process.exit()
    })
  `
  const child = spawn(process.execPath, [
    ...['--import', 'tsx', '--conditions=@resumelb/source', '--input-type=module', '-e', code],
  ])
  const lines = (await text(child.stderr)).trim().split('\n')
  expect(JSON.parse(lines[0] as string)).toMatchObject({ level: 'warn' })
})
