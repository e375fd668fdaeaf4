/** Node's errors for writes to a response that come too late. */

/** Code and message of the error for writes to a response whose client has disconnected. */
export const destroyed = [
  'ERR_STREAM_DESTROYED',
  'Cannot call write after a stream was destroyed',
] as const

/** The error for a callback whose bytes were not sent. */
export function destroyedError(): Error {
  const [code, message] = destroyed
  return Object.assign(new Error(message), { code })
}

/** The error for the callback of an `end` after the end. */
export function alreadyFinishedError(): Error {
  const message = 'Cannot call end after a stream was finished'
  return Object.assign(new Error(message), { code: 'ERR_STREAM_ALREADY_FINISHED' })
}
