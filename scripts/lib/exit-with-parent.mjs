/**
 * Loaded into each process of the demonstration (node --import): ends it, as SIGTERM would, when
 * the process that started it is gone, however that went.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
