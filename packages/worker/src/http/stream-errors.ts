/** Node's errors for what is done to a response too late. */

/** Code and message of the error for what is written to a response whose client is gone. */
export const destroyed = [
  'ERR_STREAM_DESTROYED',
  'Cannot call write after a stream was destroyed',
] as const

/** What a callback gets whose bytes have not left. */
export function destroyedError(): Error {
  const [code, message] = destroyed
  return Object.assign(new Error(message), { code })
}

/** What the callback of an `end` gets after the end. */
export function alreadyFinishedError(): Error {
  const message = 'Cannot call end after a stream was finished'
  return Object.assign(new Error(message), { code: 'ERR_STREAM_ALREADY_FINISHED' })
}
