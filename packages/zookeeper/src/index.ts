/** The public names of @resumelb/zookeeper. */
export { type Address, advertisedAddress, formatAddress, parseAddress } from './address.ts'
export {
  type Access,
  type AccessList,
  digestId,
  openAccess,
  ownedAccess,
  type Permission,
  readAccess,
} from './auth.ts'
export { OptionError, TreeSyntaxError, ZooKeeperError, type ZooKeeperErrorCode } from './errors.ts'
export {
  decodeProperties,
  encodeProperties,
  type Properties,
  type PropertyValue,
} from './node-data.ts'
export { type DigestCredential, defaultSessionOptions, type SessionOptions } from './options.ts'
export {
  type ConnectOptions,
  connect,
  type Registration,
  type RegistrationOptions,
  Session,
  type SessionEvents,
  type Unreachable,
  type Watch,
} from './session.ts'
