// Charts: ECharts with only what is used, drawn as SVG, with our own legend, tooltip and table of the same figures.
//
// ECharts' own tooltip and animation write style attributes as markup, which the page's content security policy
// refuses; the legend is not ours to reach with a keyboard. So tooltips are elements, and legends are buttons.

import { BarChart, PieChart } from 'echarts/charts';
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

import type { Context } from './context';
import { append, h } from './dom';
import { type Color, type Paint, type Scheme, decal, palette, swatch } from './palette';

echarts.use([BarChart, PieChart, AriaComponent, GridComponent, TooltipComponent, SVGRenderer]);

export interface Series {
  name: string;
  paint: Paint;
  values: ArrayLike<number>;
}

interface ChartSpec {
  title: string;
  /** Days since 1970 of each value. */
  days: number[];
  series: Series[];
  value(n: number): string;
  /** For the axis: shorter than `value`. */
  tick(n: number): string;
  shape: 'stack' | 'share' | 'whole';
  /** What a bar leads to. */
  select?(day: number): void;
  /** The heading of the table's first column; `Day` if it is not said. */
  label?: string;
  /** What stands behind the series in the table and in the tooltip, if it is not their sum. Then no series has a sum. */
  total?: { name: string; values: ArrayLike<number> };
  height?: number;
  legend?: boolean;
}

/** The most days whose bars are broad enough for patterns. */
const MOST_PATTERNED = 120;

interface Live {
  chart: echarts.ECharts;
  observer: ResizeObserver;
  draw(): void;
}

const live = new Set<Live>();
let scheme: Scheme = 'light';

/** Draws every chart in the colours of a scheme, and at once: what is printed is what is there. */
export function paintCharts(next: Scheme): void {
  scheme = next;
  for (const { draw } of live) draw();
}

const inScheme = (color: Color): string => color[scheme];

/** Frees the charts that are no longer in the document. */
export function sweep(): void {
  for (const entry of live) {
    if (entry.chart.getDom().isConnected) continue;
    entry.observer.disconnect();
    entry.chart.dispose();
    live.delete(entry);
  }
}

export function chart(context: Context, spec: ChartSpec): HTMLElement {
  const { format } = context;
  const { t } = format;
  const hidden = new Set<string>();
  const canvas = h('div', { class: `canvas ${spec.shape}`, role: 'img', 'aria-label': format.say(t.chartOf, { title: spec.title }) });
  if (spec.height) canvas.style.height = `${spec.height}px`;
  const figure = h('figure', { class: 'chart', 'data-chart': spec.title });
  let drawn: echarts.ECharts | undefined;

  const draw = () => drawn?.setOption(options(context, spec, hidden, canvas.clientWidth), true);
  if (spec.legend !== false) figure.append(legend(context, spec, hidden, draw));
  append(figure, [canvas, spec.select && h('p', { class: 'click quiet' }, t.clickDay), asTable(context, spec)]);

  // A chart needs its width: it is made when the element has one.
  const observer = new ResizeObserver(() => {
    if (canvas.clientWidth === 0) return;
    if (drawn) drawn.resize();
    else {
      drawn = echarts.init(canvas, null, { renderer: 'svg' });
      live.add({ chart: drawn, observer, draw });
      if (spec.select) drawn.getZr().on('click', (event) => pick(drawn!, spec, [event.offsetX, event.offsetY]));
    }
    draw();
  });
  observer.observe(canvas);
  return figure;
}

function pick(drawn: echarts.ECharts, spec: ChartSpec, at: number[]): void {
  if (!drawn.containPixel('grid', at)) return;
  const [index] = drawn.convertFromPixel({ seriesIndex: 0 }, at);
  const day = spec.days[Math.round(index)];
  // Later: it draws the view anew and frees this chart, which is still handling the click.
  if (day !== undefined) setTimeout(() => spec.select!(day));
}

function legend(context: Context, spec: ChartSpec, hidden: Set<string>, draw: () => void): HTMLElement {
  const { format } = context;
  const all = spec.series.reduce((total, series) => total + sum(series.values), 0);
  const isWhole = spec.shape === 'whole';
  const figure = (n: number) => (isWhole ? format.percent(all > 0 ? (100 * n) / all : 0) : spec.value(n));
  const items = spec.series.map((series) => {
    const button = h(
      'button',
      { type: 'button', 'aria-pressed': 'true', title: format.say(format.t.hideSeries, { name: series.name }) },
      swatch(series.paint),
      h('span', {}, series.name),
      spec.total ? null : h('span', { class: isWhole ? 'quiet' : 'quiet number' }, figure(sum(series.values))),
    );
    button.addEventListener('click', () => {
      const hide = !hidden.has(series.name);
      if (hide) hidden.add(series.name);
      else hidden.delete(series.name);
      button.setAttribute('aria-pressed', String(!hide));
      draw();
    });
    return h('li', {}, button);
  });
  return h('ul', { class: 'legend' }, ...items);
}

const sum = (values: ArrayLike<number>): number => Array.prototype.reduce.call(values, (a: any, b: any) => a + (b || 0), 0) as number;

/** The values that are drawn: as they are, or as percent of their day. */
function shares(spec: ChartSpec, hidden: Set<string>): Series[] {
  const shown = spec.series.filter((series) => !hidden.has(series.name));
  if (spec.shape !== 'share') return shown;
  const totals = spec.days.map((_, at) => shown.reduce((total, series) => total + series.values[at], 0));
  return shown.map((series) => ({
    ...series,
    values: totals.map((total, at) => (total > 0 ? (100 * series.values[at]) / total : 0)),
  }));
}

function options(context: Context, spec: ChartSpec, hidden: Set<string>, width: number): echarts.EChartsCoreOption {
  const { format } = context;
  const [ink, quiet, line, paper, hatch] = [palette.ink, palette.quiet, palette.line, palette.paper, palette.hatch].map(inScheme);
  const series = shares(spec, hidden);
  const item = (paint: Paint) => ({
    color: inScheme(paint.color),
    // Bars of three pixels show no pattern, and thousands of them cannot be printed.
    decal: spec.days.length > MOST_PATTERNED ? 'none' : decal(paint.pattern, hatch),
    borderColor: paper,
    borderWidth: spec.days.length > 45 ? 0 : 0.75,
  });
  const common = {
    animation: false,
    // We describe the chart by ourselves, and each series brings its pattern.
    aria: { enabled: true, label: { enabled: false }, decal: { show: false } },
    // The font by its name: `inherit` cannot be measured, and labels would be cut.
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: quiet },
  };
  if (spec.shape === 'whole') {
    const data = series.map(({ name, paint, values }) => ({ name, value: sum(values), itemStyle: item(paint) })).filter((part) => part.value > 0);
    return {
      ...common,
      tooltip: { ...tooltipBox(), trigger: 'item', formatter: (part: any) => tip(part.name, [[part.data.itemStyle.color, part.name, `${spec.value(part.value)} · ${format.percent(part.percent)}`]]) },
      series: [{ type: 'pie', radius: ['52%', '82%'], center: ['50%', '50%'], data, label: { show: width >= 560, color: ink, fontSize: 12, formatter: (part: any) => `${part.name} ${format.tenth(part.percent)} %` }, labelLine: { show: width >= 560, lineStyle: { color: quiet } }, emphasis: { scale: false }, minShowLabelAngle: 4 }],
    };
  }
  const value = spec.shape === 'share' ? (n: number) => format.percent(n) : spec.value;
  return {
    ...common,
    grid: { left: 4, right: 8, top: 12, bottom: 2, containLabel: true },
    tooltip: {
      ...tooltipBox(),
      trigger: 'axis',
      axisPointer: { type: 'shadow', shadowStyle: { color: ink, opacity: 0.06 } },
      formatter: (points: any) => dayTip(context, spec, series, points, value),
    },
    xAxis: {
      type: 'category',
      data: spec.days.map((day) => format.shortDay(day)),
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
      axisLabel: { color: quiet, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      max: spec.shape === 'share' ? 100 : undefined,
      interval: spec.shape === 'share' ? 25 : undefined,
      splitNumber: 4,
      splitLine: { lineStyle: { color: line } },
      axisLabel: { color: quiet, formatter: (n: number) => (spec.shape === 'share' ? `${n} %` : spec.tick(n)) },
    },
    series: series.map(({ name, paint, values }) =>
      ({ type: 'bar', name, stack: 'all', data: drawnValues(values), itemStyle: item(paint), barCategoryGap: '22%', barMaxWidth: 72, emphasis: { disabled: true }, cursor: spec.select ? 'pointer' : 'default' }),
    ),
  };
}

/** Nothing is no bar: the border of an empty one would be drawn over the axis. */
const drawnValues = (values: ArrayLike<number>): (number | '-')[] => Array.from(values, (value) => value || '-');

function tooltipBox(): object {
  return { appendTo: 'body', confine: true, transitionDuration: 0, padding: [8, 10], backgroundColor: inScheme(palette.paper), borderColor: inScheme(palette.line), borderWidth: 1, textStyle: { color: inScheme(palette.ink), fontSize: 12.5 } };
}

function tip(title: string, lines: [string, string, string][]): HTMLElement {
  const rows = lines.map(([color, name, value]) => {
    const dot = h('span', { class: 'dot' });
    dot.style.background = color;
    return h('div', { class: 'tip-line' }, dot, h('span', {}, name), h('span', { class: 'number' }, value));
  });
  return h('div', { class: 'tip' }, h('strong', {}, title), ...rows);
}

/** The day's parts, largest first, at most ten, and their sum. */
function dayTip(context: Context, spec: ChartSpec, series: Series[], points: any, value: (n: number) => string): HTMLElement {
  const at: number = points[0].dataIndex;
  const lines = series.map(({ name, paint, values }): [number, [string, string, string]] => [values[at], [inScheme(paint.color), name, value(values[at])]]);
  const parts = lines.filter(([n]) => n !== 0).sort((a, b) => b[0] - a[0]);
  const shown = parts.slice(0, 10).map(([, line]) => line);
  const { name, values } = spec.total ?? { name: context.format.t.total, values: [] };
  if (spec.shape === 'stack') shown.push(['transparent', name, value(spec.total ? values[at] : sum(parts.map(([n]) => n)))]);
  return tip(context.format.namedDay(spec.days[at]), shown);
}

/** The same figures as a table: for screen readers, for printing, and for whoever wants numbers. */
function asTable(context: Context, spec: ChartSpec): HTMLElement {
  const { format } = context;
  const details = h('details', { class: 'as-table' }, h('summary', {}, format.t.asTable));
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(figures(context, spec));
  });
  return details;
}

function figures(context: Context, spec: ChartSpec): HTMLElement {
  const { format } = context;
  const { t } = format;
  const number = (n: number) => h('td', { class: 'number' }, spec.value(n));
  const isWhole = spec.shape === 'whole';
  const heads = isWhole ? [t.total] : [...spec.series.map((series) => series.name), spec.total?.name ?? t.total];
  const head = h('tr', {}, h('th', { scope: 'col' }, isWhole ? '' : (spec.label ?? t.day)), ...heads.map((name) => h('th', { scope: 'col', class: 'number' }, name)));
  const rows = isWhole
    ? spec.series.map((series) => h('tr', {}, h('th', { scope: 'row' }, series.name), number(sum(series.values))))
    : spec.days.map((day, at) => {
        const values = spec.series.map((series) => series.values[at]);
        return h('tr', {}, h('th', { scope: 'row' }, format.day(day)), ...values.map(number), number(spec.total ? spec.total.values[at] : sum(values)));
      });
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': spec.title },
    h('table', { class: 'figures' }, h('caption', {}, spec.title), h('thead', {}, head), h('tbody', {}, ...rows)),
  );
}
