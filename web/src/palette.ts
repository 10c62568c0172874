// Colours and patterns of charts. A pattern goes with every colour, so that nothing is told by colour alone.
//
// TLS versions: warm is legacy, cool is current, grey is not logged. Domains take twelve hues that stay apart for the
// common kinds of colour blindness when neighbours also differ in lightness and pattern. All stand out from their
// paper by 3:1 at least (WCAG 2.2, 1.4.11).

import { type Child, svg } from './dom';

type Pattern = 'plain' | 'diagonal' | 'dots' | 'back' | 'cross' | 'lines' | 'columns' | 'dashes' | 'ticks' | 'triangles' | 'diamonds' | 'grid';

/** A colour on light paper and on dark. */
export interface Color {
  light: string;
  dark: string;
}

export type Scheme = keyof Color;

export interface Paint {
  color: Color;
  pattern: Pattern;
}

const color = (light: string, dark: string): Color => ({ light, dark });
const paint = (light: string, dark: string, pattern: Pattern): Paint => ({ color: { light, dark }, pattern });

export const palette = {
  ink: color('#1b2330', '#e7ebf0'),
  quiet: color('#566172', '#9fabba'),
  line: color('#e3e7ec', '#2b333d'),
  paper: color('#ffffff', '#161b21'),
  hatch: color('rgba(255,255,255,.42)', 'rgba(10,14,18,.4)'),
  versions: [
    paint('#8f1016', '#e5484d', 'cross'),
    paint('#c8413a', '#f07167', 'dots'),
    paint('#dd6c26', '#f0904f', 'diagonal'),
    paint('#b5890c', '#f2bf6c', 'back'),
    paint('#3f93dd', '#5f97cc', 'lines'),
    paint('#1b548d', '#8cc3f2', 'plain'),
    paint('#878f9b', '#6d7784', 'columns'),
  ],
  series: [
    paint('#1f5f9c', '#6aaae4', 'plain'),
    paint('#d07f14', '#f0ac57', 'diagonal'),
    paint('#1f8a74', '#5bbfa9', 'lines'),
    paint('#b5567b', '#de86a8', 'dots'),
    paint('#4f93cc', '#3f78ad', 'dashes'),
    paint('#8a6d3b', '#bb9a63', 'back'),
    paint('#6a5fae', '#a79be6', 'columns'),
    paint('#6f9e3c', '#a5cf79', 'triangles'),
    paint('#46566b', '#8496ad', 'ticks'),
    paint('#2f97ad', '#4fb3c8', 'cross'),
    paint('#b380bd', '#d9b5df', 'diamonds'),
    paint('#7d7a35', '#b0ad5c', 'grid'),
  ],
  rest: paint('#8d95a0', '#646f7c', 'plain'),
  fail: paint('#c8413a', '#f07167', 'diagonal'),
  pass: paint('#7596b6', '#4c7397', 'plain'),
};

/** The colour as CSS has it: it follows the document's scheme by itself, also onto paper. */
export const css = ({ light, dark }: Color): string => `light-dark(${light}, ${dark})`;

/** The pattern as ECharts draws it over a bar. */
export function decal(pattern: Pattern, color: string): object {
  const lines = (rotation: number, gap: number) => ({ symbol: 'rect', color, dashArrayX: [1, 0], dashArrayY: [1.5, gap], rotation });
  switch (pattern) {
    case 'diagonal':
      return lines(-Math.PI / 4, 5);
    case 'back':
      return lines(Math.PI / 4, 5);
    case 'lines':
      return lines(0, 4);
    case 'columns':
      return lines(Math.PI / 2, 4);
    case 'dashes':
      return { symbol: 'rect', color, dashArrayX: [[5, 4], [0, 4, 5, 0]], dashArrayY: [1.5, 3.5] };
    case 'ticks':
      return { symbol: 'rect', color, dashArrayX: [[1.5, 4], [0, 2.75, 1.5, 1.25]], dashArrayY: [5, 0] };
    case 'triangles':
      return { symbol: 'triangle', symbolSize: 0.9, color, dashArrayX: [[6, 5], [0, 5.5, 6, 0]], dashArrayY: [5, 3] };
    case 'diamonds':
      return { symbol: 'diamond', symbolSize: 0.9, color, dashArrayX: [[6, 5], [0, 5.5, 6, 0]], dashArrayY: [6, 2] };
    case 'grid':
      return { symbol: 'rect', symbolSize: 1, color, dashArrayX: [[7, 1.5], [7, 1.5]], dashArrayY: [7, 1.5] };
    case 'dots':
      return { symbol: 'circle', symbolSize: 0.8, color, dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [3, 3] };
    case 'cross':
      return { symbol: 'rect', symbolSize: 0.7, color, dashArrayX: [[3, 3], [0, 3, 3, 0]], dashArrayY: [3, 3] };
    default:
      return { symbol: 'none' };
  }
}

let unique = 0;

/** A small square in the same colour and pattern, for legends. */
export function swatch(paint: Paint): SVGElement {
  const id = `swatch-${unique++}`;
  const hatch = css(palette.hatch);
  const stroke = (d: string) => svg('path', { d, stroke: hatch, 'stroke-width': 1.4, fill: 'none' });
  const drawn: Record<Pattern, Child> = {
    plain: null,
    diagonal: stroke('M-1 5 L5 -1 M-1 9 L9 -1 M3 9 L9 3'),
    back: stroke('M-1 -1 L9 9 M3 -1 L9 5 M-1 3 L5 9'),
    lines: stroke('M0 2 H8 M0 6 H8'),
    columns: stroke('M2 0 V8 M6 0 V8'),
    dashes: stroke('M0 2 H4 M4 6 H8'),
    ticks: stroke('M2 0 V4 M6 4 V8'),
    triangles: svg('path', { d: 'M0 4 L2 0 L4 4 Z M4 8 L6 4 L8 8 Z', fill: hatch }),
    diamonds: svg('path', { d: 'M2 0 L4 2 L2 4 L0 2 Z M6 4 L8 6 L6 8 L4 6 Z', fill: hatch }),
    grid: stroke('M0 2 H8 M2 0 V8'),
    dots: [svg('circle', { cx: 2, cy: 2, r: 1.3, fill: hatch }), svg('circle', { cx: 6, cy: 6, r: 1.3, fill: hatch })],
    cross: [svg('rect', { width: 3, height: 3, fill: hatch }), svg('rect', { x: 4, y: 4, width: 3, height: 3, fill: hatch })],
  };
  return svg(
    'svg',
    { class: 'swatch', viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true' },
    svg('defs', {}, svg('pattern', { id, width: 8, height: 8, patternUnits: 'userSpaceOnUse' }, drawn[paint.pattern])),
    svg('rect', { width: 12, height: 12, rx: 2, fill: css(paint.color) }),
    svg('rect', { width: 12, height: 12, rx: 2, fill: `url(#${id})` }),
  );
}
