/** How long commands wait that ask a running process; each adds its own `help`. */
export const answerTimeout = {
  alias: 't',
  default: 5_000,
  min: 10,
  max: 86_400_000,
  unit: 'ms',
} as const

/** Such an option, with its text for `--help`. */
export type AnswerTimeout = typeof answerTimeout & { readonly help: string }
