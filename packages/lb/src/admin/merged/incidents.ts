/** Makes one list of the incidents of several processes. Pure. */
import type { Incident } from '../status-document.ts'

/** What has lately happened in one process. */
export interface ProcessIncidents {
  readonly process: number
  readonly incidents: readonly Incident[]
}

/** What has happened in all of them is one incident; others say where they have. In their order. */
export function mergedIncidents(all: readonly ProcessIncidents[]): Incident[] {
  const found = new Map<string, { readonly incident: Incident; readonly processes: number[] }>()
  for (const { process, incidents } of all) {
    for (const incident of incidents) {
      const key = JSON.stringify([incident.kind, incident.worker, incident.text])
      const known = found.get(key)
      if (known === undefined) found.set(key, { incident, processes: [process] })
      else if (!known.processes.includes(process)) known.processes.push(process)
    }
  }
  return [...found.values()]
    .map(({ incident, processes }) =>
      processes.length === all.length
        ? incident
        : { ...incident, text: `${incident.text} (process ${processes.join(', ')})` },
    )
    .sort((one, other) => (one.time < other.time ? -1 : 1))
}
