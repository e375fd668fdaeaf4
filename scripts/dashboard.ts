/**
 * Writes packaging/grafana/resumelb.json, the dashboard for Grafana: `npm run dashboard`. Its
 * rows are those of lib/dashboard-rows.ts.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { type Panel, rows } from './lib/dashboard-rows.ts'

export const dashboardFile: string = fileURLToPath(
  new URL('../packaging/grafana/resumelb.json', import.meta.url),
)

/** All expressions of the dashboard. */
export const expressions: readonly string[] = Object.values(rows)
  .flat()
  .flatMap(({ queries }) => queries.map(([expression]) => expression))

/** The text of the file. */
export function dashboard(): string {
  const source = { type: 'prometheus', uid: '$datasource' }
  const builder = new DashboardBuilder('resumelb')
    .uid('resumelb')
    .description('Load balancers and their workers. Made by `npm run dashboard`.')
    .tags(['resumelb'])
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .withVariable(new DatasourceVariableBuilder('datasource').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('instance')
        .label('load balancer')
        .datasource(source)
        .query('label_values(resumelb_ready, instance)')
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .multi(true)
        .includeAll(true)
        .allValue('.*'),
    )
  for (const [title, panels] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(title))
    for (const panel of panels) builder.withPanel(graph(panel, source, panels.length))
  }
  return `${JSON.stringify(builder.build(), null, 2)}\n`
}

function graph({ title, unit, queries, description }: Panel, source: object, inRow: number) {
  // A row has 24 columns: two or three panels.
  const span = inRow % 3 === 0 ? 8 : 12
  const panel = new PanelBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(source)
    .min(0)
    .span(span)
    .height(8)
  for (const [expression, legend] of queries) {
    panel.withTarget(new DataqueryBuilder().expr(expression).legendFormat(legend).range())
  }
  return panel
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(dashboardFile, dashboard())
}
