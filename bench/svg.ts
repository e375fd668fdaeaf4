/** Charts as files. */
import * as echarts from 'echarts'

/** Draws a chart of ECharts as an SVG; sizes are in pixels. */
export function svgOf(width: number, height: number, option: echarts.EChartsCoreOption): string {
  const picture = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
  picture.setOption({ animation: false, backgroundColor: '#fff', ...option })
  const svg = picture.renderToSVGString()
  picture.dispose()
  return svg
}
