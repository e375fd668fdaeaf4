/** What nodes hold: properties, as zc.zk writes them. */

export type PropertyValue =
  | string
  | number
  | boolean
  | null
  | readonly PropertyValue[]
  | { readonly [name: string]: PropertyValue }

/**
 * The properties of a node. A name that ends in ` ->` is a link to a node, one that ends in ` =>`
 * a link to another node's property.
 */
export type Properties = { readonly [name: string]: PropertyValue }

/** The one property of a node whose data are not a JSON object. */
const stringValue = 'string_value'

/**
 * Bytes of the largest node. A server breaks the connection at about 48 kB more (jute.maxbuffer
 * less headers), and every call that is under way fails with it.
 */
export const maxDataBytes = 1_000_000

/**
 * Properties as bytes: JSON without spaces, or the bare string if `string_value` is all there is.
 */
export function encodeProperties(properties: Properties): Buffer {
  const names = Object.keys(properties)
  const bare = properties[stringValue]
  const isBare = names.length === 1 && typeof bare === 'string'
  return Buffer.from(isBare ? bare : JSON.stringify(properties))
}

/**
 * Bytes as properties. Data that are no JSON object become `string_value`, so that what other
 * programs wrote is never lost; `onBadJson` is called if it looks like JSON but is not valid.
 */
export function decodeProperties(
  data: Buffer | string | undefined,
  onBadJson?: (error: Error) => void,
): Properties {
  const text = data === undefined ? '' : data.toString()
  const stripped = text.trim()
  if (stripped === '') return {}
  if (stripped.startsWith('{') && stripped.endsWith('}')) {
    try {
      return JSON.parse(stripped) as Properties
    } catch (error) {
      onBadJson?.(error as Error)
    }
  }
  return { [stringValue]: text }
}
