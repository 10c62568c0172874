// Colours and patterns of charts. A pattern goes with every colour, so that nothing is told by colour alone.
//
// TLS versions: warm is legacy, cool is current, grey is not logged. Domains take twelve hues that stay apart for the
// common kinds of colour blindness when neighbours also differ in lightness and pattern.

import { type Child, svg } from './dom';

export type Pattern = 'plain' | 'diagonal' | 'dots' | 'back' | 'cross' | 'lines' | 'columns' | 'dashes' | 'ticks' | 'triangles' | 'diamonds' | 'grid';

export interface Paint {
  color: string;
  pattern: Pattern;
}

export interface Palette {
  ink: string;
  quiet: string;
  line: string;
  paper: string;
  hatch: string;
  versions: Paint[];
  series: Paint[];
  rest: Paint;
  fail: Paint;
  pass: Paint;
}

const VERSION_PATTERNS: Pattern[] = ['cross', 'dots', 'diagonal', 'back', 'lines', 'plain', 'columns'];
const SERIES_PATTERNS: Pattern[] = ['plain', 'diagonal', 'lines', 'dots', 'dashes', 'back', 'columns', 'triangles', 'ticks', 'cross', 'diamonds', 'grid'];

const paints = (colors: string[], patterns: Pattern[]): Paint[] => colors.map((color, at) => ({ color, pattern: patterns[at % patterns.length] }));

const LIGHT: Palette = {
  ink: '#1b2330',
  quiet: '#566172',
  line: '#e3e7ec',
  paper: '#ffffff',
  hatch: 'rgba(255,255,255,.42)',
  versions: paints(['#a4161a', '#c8413a', '#e0732f', '#eeaa4b', '#5b93c9', '#1f5f9c', '#a3abb6'], VERSION_PATTERNS),
  series: paints(
    ['#1f5f9c', '#e0932f', '#2f8f7c', '#b5567b', '#7ab0dc', '#8a6d3b', '#6a5fae', '#88b35a', '#46566b', '#3a9bb0', '#c9a0d0', '#7d7a35'],
    SERIES_PATTERNS,
  ),
  rest: { color: '#c2c8d0', pattern: 'plain' },
  fail: { color: '#c8413a', pattern: 'diagonal' },
  pass: { color: '#9db7d0', pattern: 'plain' },
};

const DARK: Palette = {
  ink: '#e7ebf0',
  quiet: '#9fabba',
  line: '#2b333d',
  paper: '#161b21',
  hatch: 'rgba(10,14,18,.4)',
  versions: paints(['#e5484d', '#f07167', '#f0904f', '#f2bf6c', '#5f97cc', '#8cc3f2', '#6d7784'], VERSION_PATTERNS),
  series: paints(
    ['#6aaae4', '#f0ac57', '#5bbfa9', '#de86a8', '#3f78ad', '#bb9a63', '#a79be6', '#a5cf79', '#8496ad', '#4fb3c8', '#d9b5df', '#b0ad5c'],
    SERIES_PATTERNS,
  ),
  rest: { color: '#4a545f', pattern: 'plain' },
  fail: { color: '#f07167', pattern: 'diagonal' },
  pass: { color: '#3f617f', pattern: 'plain' },
};

export const palette = (dark: boolean): Palette => (dark ? DARK : LIGHT);

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
export function swatch(paint: Paint, hatch: string): SVGElement {
  const id = `swatch-${unique++}`;
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
    svg('rect', { width: 12, height: 12, rx: 2, fill: paint.color }),
    svg('rect', { width: 12, height: 12, rx: 2, fill: `url(#${id})` }),
  );
}
