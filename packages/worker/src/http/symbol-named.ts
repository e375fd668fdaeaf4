/** Properties of Node's own classes under symbols. */

/** The symbol with that description among the own keys of an object of Node. */
export function symbolNamed(object: object, description: string): symbol {
  const found = findSymbol(object, description)
  if (found === undefined) {
    throw new Error(`this Node.js has no ${description} in its ${object.constructor.name}`)
  }
  return found
}

/** Likewise for what not every release of Node.js has. */
export function findSymbol(object: object, description: string): symbol | undefined {
  const symbols = Object.getOwnPropertySymbols(object)
  return symbols.find((symbol) => symbol.description === description)
}
