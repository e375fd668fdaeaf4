/** Who may do what with a node. */
import { createHash } from 'node:crypto'
import type { DigestCredential } from './options.ts'

export type Permission = 'read' | 'write' | 'create' | 'delete' | 'admin'

/** One line of an access control list. */
export interface Access {
  /**
   * `world` (id `anyone`), `digest` (id from {@link digestId}), `auth` (id empty: this client),
   * `ip`.
   */
  readonly scheme: string
  readonly id: string
  readonly permissions: readonly Permission[]
}

export type AccessList = readonly Access[]

const every: readonly Permission[] = ['read', 'write', 'create', 'delete', 'admin']

/** The bits that stand for permissions on the wire. */
const bits: Readonly<Record<Permission, number>> = {
  read: 1,
  write: 2,
  create: 4,
  delete: 8,
  admin: 16,
}

/** Everybody may do everything. */
export const openAccess: AccessList = [{ scheme: 'world', id: 'anyone', permissions: every }]

/**
 * All clients may read: what registrations have. ZooKeeper asks the *parent* for the permission to
 * delete, so a client that may delete there can still remove or replace the node.
 */
export const readAccess: AccessList = [{ scheme: 'world', id: 'anyone', permissions: ['read'] }]

/** Only these users may change the node, all may read it: for the parents of registrations. */
export function ownedAccess(...owners: readonly DigestCredential[]): AccessList {
  const owned = owners.map((owner) => ({
    scheme: 'digest',
    id: digestId(owner),
    permissions: every,
  }))
  return [...owned, ...readAccess]
}

/** How the server knows a user: name, colon, base64 of SHA-1 of `user:password`. */
export function digestId({ user, password }: DigestCredential): string {
  // SHA-1 because ZooKeeper's digest scheme is defined so; it is not our choice.
  return `${user}:${createHash('sha1').update(`${user}:${password}`).digest('base64')}`
}

/** Permissions as the number that ZooKeeper's tools show; from 1 to 31. */
export function permissionBits(permissions: readonly Permission[]): number {
  return permissions.reduce((sum, permission) => sum | bits[permission], 0)
}

/** The permissions that a number stands for. */
export function permissionsOf(number: number): Permission[] {
  return every.filter((permission) => (number & bits[permission]) !== 0)
}
