/** Properties that Node's own classes keep under symbols. */

/** The symbol of that description among the own keys of an object that Node has made. */
export function symbolNamed(object: object, description: string): symbol {
  const symbols = Object.getOwnPropertySymbols(object)
  const found = symbols.find((symbol) => symbol.description === description)
  if (found === undefined) {
    throw new Error(`this Node.js has no ${description} in its ${object.constructor.name}`)
  }
  return found
}
