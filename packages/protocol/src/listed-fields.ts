/**
 * Fields that a `Connection` field lists: they are for one hop, and whoever passes a message on leaves
 * them out (RFC 9110 §7.6.1). Pure.
 */

/**
 * Adds the lower-case names that the value of a `Connection` field lists, but for those of
 * `neverListed`: options that are no fields, and fields without which the message is another one.
 */
export function addListed(
  listed: Set<string> | undefined,
  value: string,
  neverListed: ReadonlySet<string>,
): Set<string> | undefined {
  // What nearly all say.
  if (value === 'keep-alive') return listed
  let names = listed
  for (const option of value.toLowerCase().split(',')) {
    const name = option.trim()
    if (name === '' || neverListed.has(name)) continue
    names ??= new Set()
    names.add(name)
  }
  return names
}

/** The names and values, in turn, that are not listed. */
export function withoutListed(fields: string[], listed: ReadonlySet<string> | undefined): string[] {
  if (listed === undefined) return fields
  const kept: string[] = []
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string
    if (!listed.has(name.toLowerCase())) kept.push(name, fields[at + 1] as string)
  }
  return kept
}
