// The report's page: reads its data, then shows what the URL's fragment asks for.

import { paintCharts, sweep } from './chart';
import type { Context } from './context';
import { type Page, unpack } from './contract';
import { append, h } from './dom';
import { Facts, VERSIONS } from './facts';
import { Format } from './format';
import { filterStatus, filters, navigation, numbers, title } from './header';
import { FIELDS, type State, format as fragment, isSame, parse, withoutPlaces } from './state';
import { VIEWS, type View } from './views';

const DARK = window.matchMedia('(prefers-color-scheme: dark)');
const THEME_KEY = 'mailtally-theme';

const FILTERS = ['from', 'to', ...FIELDS] as const;

/** A part of the page, and what of the state it shows. */
interface Part {
  shows: readonly (keyof State)[];
  draw(context: Context): void;
}

class App {
  private readonly facts: Facts;
  private readonly views: View[];
  private state: State;
  private format: Format;
  private theme = remembered();
  private readonly skip = h('a', { href: '#report', class: 'skip', onclick: (event: Event) => this.toReport(event) });
  private readonly head = h('div', { class: 'head' });
  private readonly sections = h('div');
  private readonly bar = h('div', { class: 'filter-bar' });
  private readonly status = h('div', { class: 'filter-status', role: 'status' });
  private readonly main = h('main', { id: 'report', tabindex: -1, 'aria-labelledby': 'view-name' });
  private readonly foot = h('footer');
  /** Tells what has changed to those who do not see it. It is never another element: that would not be heard. */
  private readonly said = h('p', { class: 'hidden', role: 'status' });

  private readonly filters: Part = { shows: [...FILTERS, 'language'], draw: (context) => this.drawFilters(context) };
  private readonly view: Part = { shows: [...FILTERS, 'language', 'show', 'view', 'options'], draw: (context) => this.drawView(context) };
  private readonly parts: Part[] = [
    { shows: ['language'], draw: (context) => this.drawFrame(context) },
    { shows: [...FILTERS, 'language', 'show', 'view'], draw: (context) => this.sections.replaceChildren(navigation(context, this.views)) },
    this.filters,
    { shows: [...FILTERS, 'language'], draw: (context) => this.drawStatus(context) },
    this.view,
  ];

  constructor(private readonly page: Page, root: HTMLElement) {
    this.facts = new Facts(page);
    this.views = VIEWS.filter((view) => view.needs.some((name) => page.tables.has(name)));
    this.state = this.linked();
    this.format = new Format(this.state.language);
    root.replaceChildren(this.skip, h('header', {}, this.head, this.sections, this.bar, this.status, this.said), this.main, this.foot);
    window.addEventListener('hashchange', () => this.follow());
    DARK.addEventListener('change', () => this.paint());
    // Paper is white.
    window.addEventListener('beforeprint', () => paintCharts('light'));
    window.addEventListener('afterprint', () => this.paint());
    this.paint();
    this.draw(this.parts);
  }

  private toReport(event: Event): void {
    event.preventDefault();
    this.main.focus();
  }

  /** The colours that the reader has chosen, or those of the system. The style follows them by itself. */
  private paint(): void {
    document.documentElement.dataset.theme = this.theme;
    const isDark = this.theme === '' ? DARK.matches : this.theme === 'dark';
    paintCharts(isDark ? 'dark' : 'light');
  }

  private chooseTheme(theme: string): void {
    this.theme = theme;
    try {
      localStorage.setItem(THEME_KEY, theme);
    } catch {
      // Some browsers keep nothing for files: then the choice lasts as long as the page.
    }
    this.paint();
  }

  /** What the link asks for. */
  private linked(): State {
    const state = parse(location.hash, this.page.window);
    return this.views.some((view) => view.name === state.view) ? state : { ...state, view: 'overview' };
  }

  private follow(): void {
    if (location.hash !== fragment(this.state)) this.turn(this.linked());
  }

  private go(change: Partial<State>): void {
    const next = this.changed(change);
    history.pushState(null, '', fragment(next));
    this.turn(next);
  }

  /** A filter has been typed: the filters are as they should be, and keep focus and cursor. */
  private narrow(change: Partial<State>): void {
    const next = this.changed(change);
    history.replaceState(null, '', fragment(next));
    this.turn(next, this.filters);
  }

  /** Options that the view shows already. */
  private keep(options: State['options']): void {
    const next = { ...this.state, options: { ...this.state.options, ...options } };
    history.replaceState(null, '', fragment(next));
    this.turn(next, this.view);
  }

  private changed(change: Partial<State>): State {
    const next = { ...this.state, ...change };
    return { ...next, options: withoutPlaces(next.options) };
  }

  /** The one way to another state: what shows a difference is drawn anew, but for the part that has drawn itself. */
  private turn(next: State, drawn?: Part): void {
    const before = this.state;
    this.state = next;
    const isChanged = (name: keyof State) => !isSame(before, next, name);
    if (isChanged('language')) this.format = new Format(next.language);
    const parts = this.parts.filter((part) => part !== drawn && part.shows.some(isChanged));
    if (parts.length === 0) return;
    const focused = document.activeElement ?? document.body;
    this.draw(parts);
    this.focusAgain(focused);
    this.say(isChanged('view') ? this.viewName() : (this.main.querySelector('[data-said]')?.textContent ?? ''));
  }

  private draw(parts: Part[]): void {
    const context = this.context();
    for (const part of parts) part.draw(context);
  }

  /** Focus goes to what stands where its element was. If that is gone, such as a link of the view before, it goes to the beginning of the view. */
  private focusAgain(focused: Element): void {
    if (focused.isConnected) return;
    const name = focused.getAttribute('data-focus');
    const again = name === null ? document.getElementById(focused.id) : this.main.querySelector<HTMLElement>(`[data-focus="${CSS.escape(name)}"]`);
    (again ?? this.main).focus();
  }

  private say(text: string): void {
    this.said.textContent = text;
  }

  private context(): Context {
    const app = this;
    const { state } = this;
    const versionLabels = VERSIONS.map((version) => this.format.version(version));
    const rows = this.facts.select(state, versionLabels);
    return {
      page: this.page,
      facts: this.facts,
      format: this.format,
      get state() {
        return app.state;
      },
      rows,
      shown: state.show === undefined ? rows : this.facts.select(state, versionLabels, state.show),
      versionLabels,
      views: this.views.map((view) => view.name),
      go: (change) => this.go(change),
      choose: (option, value) => this.go({ options: { ...this.state.options, [option]: value } }),
      keep: (options) => this.keep(options),
      href: (change) => fragment({ ...this.state, options: {}, ...change }),
      say: (text) => this.say(text),
    };
  }

  private viewName(): string {
    return this.format.t.views[this.state.view as keyof Format['t']['views']];
  }

  private drawFrame(context: Context): void {
    document.documentElement.lang = this.format.language;
    this.skip.textContent = this.format.t.skip;
    this.head.replaceChildren(title(context, this.theme, (theme) => this.chooseTheme(theme)));
    append(this.head, [numbers(context)]);
    this.foot.replaceChildren(footer(this.format));
  }

  private drawFilters(context: Context): void {
    this.bar.replaceChildren(filters(context, (change) => this.narrow(change)));
  }

  private drawStatus(context: Context): void {
    this.status.replaceChildren();
    append(this.status, filterStatus(context));
  }

  private drawView(context: Context): void {
    const view = this.views.find((known) => known.name === this.state.view)!;
    document.title = `${this.page.title} · ${this.viewName()}`;
    const content = h('div', { class: `view ${view.name}` }, h('h2', { id: 'view-name', class: view.name === 'overview' ? 'hidden' : '' }, this.viewName()));
    append(content, view.render(context));
    this.main.replaceChildren(content);
    sweep();
  }
}

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
