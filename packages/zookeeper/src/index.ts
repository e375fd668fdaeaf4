/** The public names of @resumelb/zookeeper. */

export { OptionError } from '@resumelb/common'
export { advertisedAddress } from './address.ts'
export {
  type Access,
  type AccessList,
  digestId,
  openAccess,
  ownedAccess,
  type Permission,
  readAccess,
} from './auth.ts'
export { type ConnectOptions, connect } from './connect.ts'
export {
  checkConnectionString,
  connectionStringFrom,
  defaultConnectionString,
} from './connection-string.ts'
export { TreeSyntaxError, ZooKeeperError, type ZooKeeperErrorCode } from './errors.ts'
export type { PropertyCheck } from './last-valid-properties.ts'
export { logSessionEvents, type SessionLogger } from './log-session-events.ts'
export {
  decodeProperties,
  encodeProperties,
  type Properties,
  type PropertyValue,
} from './node-data.ts'
export { NodeSettings, type NodeSettingsOptions } from './node-settings.ts'
export {
  type CreateOptions,
  type NodeContent,
  type NodeStat,
  Nodes,
  type Seen,
} from './nodes.ts'
export {
  type DigestCredential,
  parseCredential,
  type SessionOptions,
} from './options.ts'
export { checkPath } from './paths.ts'
export type { Registration, RegistrationOptions } from './registration.ts'
export { Session, type SessionEvents, type Unreachable } from './session.ts'
export { parseTree } from './tree/parse.ts'
export { printTree } from './tree/print.ts'
export {
  type DeleteOptions,
  deleteTree,
  type ExportOptions,
  exportTree,
  type ImportOptions,
  importTree,
  setProperties,
} from './tree/store.ts'
export type { Tree } from './tree/tree.ts'
export type { Watch } from './watch.ts'
