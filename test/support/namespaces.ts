/** Whether tests can have file systems and processes of their own here, as containers have. */
import { spawnSync } from 'node:child_process'

const probe = [
  'mount -t tmpfs none /mnt',
  'mkdir /mnt/cgroups /mnt/upper /mnt/work /mnt/root',
  'mount -t cgroup2 none /mnt/cgroups',
  'mount -t overlay none -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root',
].join(' && ')

let isPossible: boolean | undefined

/** That takes Linux, root, and a system that allows it, which most containers do not. */
export function hasNamespaces(): boolean {
  if (isPossible !== undefined) return isPossible
  const words = ['--mount', '--pid', '--fork', '--net', '--cgroup', 'sh', '-c', probe]
  isPossible = spawnSync('unshare', words).status === 0
  if (!isPossible) process.stderr.write('SKIPPED: tests that need namespaces, which takes root\n')
  return isPossible
}
