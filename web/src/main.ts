// The report's page: reads its data, then shows what the URL's fragment asks for.

import { paintCharts, sweep } from './chart';
import type { Context } from './context';
import { type Page, unpack } from './contract';
import { append, h } from './dom';
import { Facts, VERSIONS } from './facts';
import { Format } from './format';
import { filterStatus, filters, navigation, numbers, title } from './header';
import { type State, format as fragment, parse, withoutPlaces } from './state';
import { VIEWS, type View } from './views';

const DARK = window.matchMedia('(prefers-color-scheme: dark)');
const THEME_KEY = 'mailtally-theme';

class App {
  private readonly facts: Facts;
  private readonly views: View[];
  private state: State;
  private format!: Format;
  private theme = remembered();
  private readonly head = h('div', { class: 'head' });
  private readonly bar = h('div', { class: 'filter-bar' });
  private readonly status = h('div', { class: 'filter-status', role: 'status' });
  private readonly main = h('main', { id: 'report', tabindex: -1, 'aria-labelledby': 'view-name' });
  /** Says which view is shown to those who do not see it change. */
  private readonly said = h('p', { class: 'hidden', role: 'status' });

  constructor(private readonly page: Page, root: HTMLElement) {
    this.facts = new Facts(page);
    this.views = VIEWS.filter((view) => view.needs.some((name) => page.tables.has(name)));
    this.state = parse(location.hash, this.page.window);
    const skip = h('a', { href: '#report', class: 'skip', onclick: (event: Event) => this.skip(event) });
    root.replaceChildren(skip, h('header', {}, this.head, this.bar, this.status, this.said), this.main, h('footer'));
    window.addEventListener('hashchange', () => this.follow());
    DARK.addEventListener('change', () => this.paint());
    // Paper is white.
    window.addEventListener('beforeprint', () => paintCharts('light'));
    window.addEventListener('afterprint', () => this.paint());
    this.paint();
    this.drawAll();
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.main.focus();
  }

  /** The colours that the reader has chosen, or those of the system. The style follows them by itself. */
  private paint(): void {
    document.documentElement.dataset.theme = this.theme;
    const isDark = this.theme === '' ? DARK.matches : this.theme === 'dark';
    paintCharts(isDark ? 'dark' : 'light');
  }

  private follow(): void {
    if (location.hash === fragment(this.state)) return;
    const before = this.state.view;
    this.state = parse(location.hash, this.page.window);
    this.drawAll();
    if (before !== this.state.view) this.said.textContent = this.viewName();
  }

  private go(change: Partial<State>): void {
    const before = this.state;
    this.state = { ...this.state, ...change };
    this.state.options = withoutPlaces(this.state.options);
    history.pushState(null, '', fragment(this.state));
    if (before.language !== this.state.language || before.view !== this.state.view || !sameFilters(before, this.state)) this.drawAll();
    else this.drawView();
  }

  private context(): Context {
    const versionLabels = VERSIONS.map((version) => this.format.version(version));
    const rows = this.facts.select(this.state, versionLabels);
    const { state } = this;
    return {
      page: this.page,
      facts: this.facts,
      format: this.format,
      state,
      rows,
      shown: state.show === undefined ? rows : this.facts.select(state, versionLabels, state.show),
      versionLabels,
      views: this.views.map((view) => view.name),
      go: (change) => this.go(change),
      choose: (option, value) => this.go({ options: { ...this.state.options, [option]: value } }),
      keep: (options) => {
        this.state.options = { ...this.state.options, ...options };
        history.replaceState(null, '', fragment(this.state));
      },
    };
  }

  private drawAll(): void {
    const focused = document.activeElement ?? document.body;
    this.format = new Format(this.state.language);
    if (!this.views.some((view) => view.name === this.state.view)) this.state.view = 'overview';
    document.documentElement.lang = this.format.language;
    const context = this.context();
    const { t } = this.format;
    document.title = `${this.page.title} · ${this.viewName()}`;
    this.head.replaceChildren(title(context, (theme) => this.choose(theme), this.theme));
    append(this.head, [numbers(context), navigation(context, this.views)]);
    this.bar.replaceChildren(filters(context, (change) => this.narrow(change)));
    const root = this.main.parentElement!;
    root.querySelector('.skip')!.textContent = t.skip;
    root.querySelector('footer')!.replaceChildren(footer(this.format));
    this.drawView(context);
    if (focused.id) document.getElementById(focused.id)?.focus();
    // What is gone, such as a link of the view before, leaves its reader at the beginning of the view.
    if (focused !== document.body && document.activeElement === document.body) this.main.focus();
  }

  private viewName(): string {
    return this.format.t.views[this.state.view as keyof Format['t']['views']];
  }

  /** A filter has been typed: the view follows, the filters keep focus and cursor. */
  private narrow(change: Partial<State>): void {
    this.state = { ...this.state, ...change, options: withoutPlaces(this.state.options) };
    history.replaceState(null, '', fragment(this.state));
    const context = this.context();
    this.head.querySelector('nav')!.replaceWith(navigation(context, this.views));
    this.drawView(context);
  }

  private choose(theme: string): void {
    this.theme = theme;
    try {
      localStorage.setItem(THEME_KEY, theme);
    } catch {
      // Some browsers keep nothing for files: then the choice lasts as long as the page.
    }
    this.paint();
  }

  private drawView(context = this.context()): void {
    const focused = document.activeElement?.getAttribute('data-focus');
    this.status.replaceChildren();
    append(this.status, filterStatus(context));
    const view = this.views.find((known) => known.name === this.state.view) ?? this.views[0];
    const content = h('div', { class: `view ${view.name}` }, h('h2', { id: 'view-name', class: view.name === 'overview' ? 'hidden' : '' }, this.viewName()));
    append(content, view.render(context));
    this.main.replaceChildren(content);
    sweep();
    if (focused) this.main.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  }
}

const sameFilters = (a: State, b: State): boolean =>
  a.from === b.from && a.to === b.to && a.account === b.account && a.domain === b.domain && a.tls === b.tls;

function remembered(): string {
  try {
    const theme = localStorage.getItem(THEME_KEY);
    return theme === 'light' || theme === 'dark' ? theme : '';
  } catch {
    return '';
  }
}

function footer(format: Format): HTMLElement {
  const licences = document.getElementById('licences')?.textContent ?? '';
  return h('div', {}, h('p', {}, format.t.footer), h('details', { class: 'licences' }, h('summary', {}, format.t.licences), h('pre', { lang: 'en', tabindex: 0 }, licences.trim())));
}

async function start(): Promise<void> {
  const root = document.getElementById('app')!;
  try {
    const page = await unpack(document.getElementById('data')!.textContent ?? '');
    new App(page, root);
    document.documentElement.dataset.ready = 'true';
    performance.mark('ready');
  } catch (error) {
    const format = new Format(undefined);
    root.replaceChildren(h('p', { class: 'failed', role: 'alert' }, format.say(format.t.failed, { reason: String(error) })));
    throw error;
  }
}

void start();
