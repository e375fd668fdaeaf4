/** A reporter for `node --test`: the outcome of each test, a line of JSON. */
export default async function* count(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.details?.type === 'suite' || isFile(data)) continue
    const state = data.skip !== undefined || data.todo !== undefined ? 'skipped' : type.slice(5)
    yield `${JSON.stringify({ name: data.name, file: data.file, state, error: errorOf(data) })}\n`
  }
}

/** Node reports a file as a test of its own. */
function isFile({ name, file, nesting }) {
  return nesting === 0 && (name === file || /\.[cm]?[jt]s$/.test(name))
}

function errorOf({ details }) {
  const error = details?.error?.cause ?? details?.error
  return error === undefined ? undefined : String(error.message ?? error)
}
