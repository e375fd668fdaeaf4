/** Whether tests can have file systems and processes of their own here, as containers have. */
import { spawnSync } from 'node:child_process'

const probe = [
  'mount -t tmpfs none /mnt',
  'mkdir /mnt/cgroups /mnt/upper /mnt/work /mnt/root',
  'mount -t cgroup2 none /mnt/cgroups',
  'mount -t overlay none -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root',
  // Node.js may be on another file system, which a copy of this one does not have.
  'chroot /mnt/root env PATH=/usr/local/bin:/usr/bin:/bin node --version',
].join(' && ')

let isPossible: boolean | undefined

/**
 * That takes Linux, root, a system that allows it, which most containers do not, and a Node.js in
 * the usual place.
 */
export function hasNamespaces(): boolean {
  if (isPossible !== undefined) return isPossible
  const words = ['--mount', '--pid', '--fork', '--net', '--cgroup', 'sh', '-c', probe]
  isPossible = spawnSync('unshare', words).status === 0
  if (!isPossible)
    process.stderr.write(
      'SKIPPED: tests that need root, namespaces and a Node.js in the usual place\n',
    )
  return isPossible
}
