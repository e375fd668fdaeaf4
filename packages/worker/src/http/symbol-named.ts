/** Properties that Node's own classes keep under symbols. */

/** The symbol of that description among the own keys of an object that Node has made. */
export function symbolNamed(object: object, description: string): symbol {
  const found = findSymbol(object, description)
  if (found === undefined) {
    throw new Error(`this Node.js has no ${description} in its ${object.constructor.name}`)
  }
  return found
}

/** The same for what not every release of Node.js has. */
export function findSymbol(object: object, description: string): symbol | undefined {
  const symbols = Object.getOwnPropertySymbols(object)
  return symbols.find((symbol) => symbol.description === description)
}
