// The views in the order of the navigation, and the datasets that each cannot do without.

import type { Context } from '../context';
import type { Child } from '../dom';
import type { en } from '../texts/en';
import { coverage } from './coverage';
import { cutover } from './cutover';
import { legacy } from './legacy';
import { overview } from './overview';
import { tls } from './tls';
import { unusual } from './unusual';
import { volume } from './volume';

export interface View {
  name: keyof (typeof en)['views'];
  /** One of these has to be there; a view without its data has no place in the navigation. */
  needs: string[];
  render(context: Context): Child[];
}

export const VIEWS: View[] = [
  { name: 'overview', needs: ['activity'], render: overview },
  { name: 'volume', needs: ['activity'], render: volume },
  { name: 'tls', needs: ['activity'], render: tls },
  { name: 'legacy', needs: ['legacy_clients', 'refused_clients', 'burn_down'], render: legacy },
  { name: 'cutover', needs: ['activity'], render: cutover },
  { name: 'unusual', needs: ['unusual_activity'], render: unusual },
  { name: 'coverage', needs: ['coverage'], render: coverage },
];
