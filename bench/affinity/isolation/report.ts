/** The table of the isolation of tenants. */
import { table } from '../../table.ts'
import { notes } from '../report.ts'
import { figuresOf, type IsolationOutcome } from './run.ts'

/** How many times as long as alone a tenant's 99th percentile may be. */
const bar = 2

const head = ['balancer', 'alone, p99 ms', 'beside, p99 ms', 'of alone']

export function isolationReport({ rows }: IsolationOutcome): string {
  const kinds = [...new Set(rows.map(({ neighbour }) => neighbour))]
  const sections = kinds.map((kind) => {
    const body = rows
      .filter(({ neighbour }) => neighbour === kind)
      .map((row) => {
        const { alone, beside, ratio } = figuresOf(row)
        return [row.name, alone.toFixed(1), beside.toFixed(1), `${ratio.toFixed(2)} ×`]
      })
    return `### A tenant beside one with ${kind}\n\n${table(head, body)}`
  })
  // A contestant has a row for each neighbour.
  const contestants = [...new Map(rows.map((row) => [row.name, row])).values()]
  return [...sections, verdict(rows), notes(contestants)].join('\n\n')
}

function verdict(rows: IsolationOutcome['rows']): string {
  const lines = rows
    .filter(({ product }) => product === 'resumelb')
    .map((row) => {
      const { ratio } = figuresOf(row)
      const is = ratio <= bar ? 'met' : 'NOT met'
      return `- ${is}: p99 beside ${row.neighbour} at most ${bar} × alone; it is ${ratio.toFixed(2)}`
    })
  return `### The bars\n\n${lines.join('\n')}`
}
