// Colours and patterns of charts. A pattern goes with every colour, so that nothing is told by colour alone.
//
// TLS versions: warm is legacy, cool is current, grey is not logged. Domains take twelve hues that stay apart for the
// common kinds of colour blindness when neighbours also differ in lightness and pattern.

import { type Child, svg } from './dom';

export type Pattern = 'plain' | 'diagonal' | 'dots' | 'back' | 'cross' | 'lines';

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

const VERSION_PATTERNS: Pattern[] = ['cross', 'dots', 'diagonal', 'back', 'plain', 'plain', 'lines'];
const SERIES_PATTERNS: Pattern[] = ['plain', 'diagonal', 'plain', 'dots', 'plain', 'back', 'plain', 'lines', 'plain', 'cross', 'dots', 'diagonal'];

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
  rest: { color: '#c2c8d0', pattern: 'lines' },
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
  rest: { color: '#4a545f', pattern: 'lines' },
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
