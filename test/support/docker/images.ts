/**
 * Builds images from Dockerfiles without Docker: a script of the shell runs their instructions on
 * copies of this root file system, which has Node.js like the image that they start from.
 */
import { DockerfileParser, type Instruction, type JSONInstruction } from 'dockerfile-ast'

/** What a container is started with. */
export interface Image {
  /** The script that builds it, for the functions of {@link prelude}. */
  readonly script: string
  readonly name: string
  readonly environment: readonly string[]
  readonly user: string
  readonly folder: string
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly healthcheck: readonly string[]
}

/** The function that runs a command in an image, of which `$top` is the folder. */
export const insideFunction = `
# NAME USER FOLDER WORDS...: runs a command there.
inside() {
  name=$1 user=$2 folder=$3
  shift 3
  chroot --userspec="$user" "$top/$name/root" sh -c 'cd "$1"; shift; exec "$@"' sh "$folder" "$@"
}
`

/** Defines the functions, in a mount namespace; `$1` is an empty folder. */
export const prelude = `
set -eu
top=$1
mount -t tmpfs tmpfs "$top"
# NAME LOWER...: a copy of what is in the layers, the uppermost first.
layers() {
  name=$1 lower=/
  shift
  for each in "$@"; do lower="$top/$each/upper:$lower"; done
  mkdir -p "$top/$name/upper" "$top/$name/work" "$top/$name/root"
  mount -t overlay overlay \\
    -o "lowerdir=$lower,upperdir=$top/$name/upper,workdir=$top/$name/work" "$top/$name/root"
  mount -t proc proc "$top/$name/root/proc"
  mount --rbind /dev "$top/$name/root/dev"
  mount -t tmpfs tmpfs "$top/$name/root/tmp"
}
${insideFunction}# CONTEXT NAME FOLDER OWNER FILES...: the files of a folder. A repository is not copied but laid
# under, with what is built there already, unless CLEAN says otherwise.
copy_context() {
  context=$1 name=$2 folder=$3 owner=$4
  target="$top/$name/root$folder"
  shift 4
  mkdir -p "$target"
  for files in "$@"; do
    if [ ! -e "$context/.git" ]; then
      for file in "$context"/$files; do [ ! -e "$file" ] || cp -a "$file" "$target/"; done
    elif [ -n "$CLEAN" ]; then
      (cd "$context"; git ls-files -z | tar -c --null -T -) | tar -x -C "$target"
    else
      mkdir "$top/upper" "$top/work"
      mount -t overlay overlay -o "lowerdir=$context,upperdir=$top/upper,workdir=$top/work" "$target"
    fi
  done
  [ "$owner" = root ] || chroot "$top/$name/root" chown -R "$owner" "$folder"
}
# What the image of Node.js has.
layers base
chroot "$top/base/root" sh -c 'getent passwd node || useradd --create-home node'
`

/** Reads a Dockerfile. `COPY . .` is a copy of the folder `context`; `bases` are other images. */
export function imageFrom(
  text: string,
  name: string,
  context: string,
  bases: readonly Image[],
): Image {
  const dockerfile = DockerfileParser.parse(text)
  const lines: string[] = []
  let stage = ''
  let image: Image = emptyImage(name)
  const stages = dockerfile.getFROMs().length
  let seen = 0
  for (const instruction of dockerfile.getInstructions()) {
    const words = wordsOf(instruction)
    const rest = instruction.getArgumentsContent() ?? ''
    switch (instruction.getInstruction()) {
      case 'FROM': {
        seen += 1
        stage = seen === stages ? name : (words[2] ?? `stage-${seen}`)
        const base = bases.find((each) => each.name === words[0])
        image = { ...(base ?? emptyImage(name)), name }
        lines.push(`layers ${stage} base ${base?.name ?? ''}`)
        break
      }
      case 'ENV':
        image = { ...image, environment: [...image.environment, ...words] }
        break
      case 'WORKDIR':
        image = { ...image, folder: rest }
        lines.push(`mkdir -p "$top/${stage}/root${rest}"`)
        break
      case 'USER':
        image = { ...image, user: rest }
        break
      case 'COPY':
        lines.push(copy(instruction, stage, image, context))
        break
      case 'RUN':
        lines.push(inside(stage, image, ['sh', '-c', rest]))
        break
      case 'ENTRYPOINT':
        image = { ...image, entrypoint: jsonOf(instruction), command: [] }
        break
      case 'CMD':
        image = { ...image, command: jsonOf(instruction) }
        break
      case 'HEALTHCHECK':
        image = { ...image, healthcheck: JSON.parse(rest.replace(/^CMD /, '')) }
        break
    }
  }
  return { ...image, script: `${lines.join('\n')}\n` }
}

/** A line of the script that runs a command in a container of the image. */
export function inContainer(image: Image, words: readonly string[]): string {
  return inside(image.name, image, words)
}

function emptyImage(name: string): Image {
  const none: readonly string[] = []
  return {
    ...{ script: '', name, environment: none, user: 'root', folder: '/' },
    ...{ entrypoint: none, command: none, healthcheck: none },
  }
}

function inside(stage: string, image: Image, words: readonly string[]): string {
  const { user, folder, environment } = image
  return ['inside', stage, user, folder, 'env', ...environment, ...words].map(quoted).join(' ')
}

function copy(instruction: Instruction, stage: string, { folder }: Image, context: string): string {
  const flag = (name: string) =>
    (instruction as JSONInstruction)
      .getFlags()
      .find((each) => each.getName() === name)
      ?.getValue() ?? undefined
  const words = wordsOf(instruction)
  const target = words.pop() ?? ''
  const inside = target.startsWith('/') ? target : `${folder}/${target}`
  const from = flag('from')
  if (from === undefined) {
    // The shell expands patterns.
    return `copy_context ${quoted(context)} ${stage} ${inside} ${flag('chown') ?? 'root'} ${words.map(quoted).join(' ')}`
  }
  const paths = words.map((path) => `"$top/${from}/root${path}"`).join(' ')
  return `cp -a ${paths} "$top/${stage}/root${inside}"`
}

function wordsOf(instruction: Instruction): string[] {
  return instruction.getArguments().map((argument) => argument.getValue())
}

function jsonOf(instruction: Instruction): string[] {
  return JSON.parse(instruction.getArgumentsContent() ?? '[]')
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
