/** Preloaded into the processes of a soak: tells its parent what they occupy, after a collection. */
process.on('message', (message) => {
  if (message !== 'sample') return
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  process.send?.({ heapUsed, external, rss })
})
process.on('disconnect', () => process.exit())
process.channel?.unref()
