// Numbers, days and sizes as the reader writes them. Days are UTC days, so all times are shown in UTC.

import { Phrases } from './phrases';
import { LANGUAGES, choose, filled, plural } from './texts';
import type { Plural, Texts } from './texts/en';

const DAY = 86_400_000;
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'];

export class Format {
  readonly language: string;
  readonly t: Texts;
  private readonly locale: string;
  private readonly integer: Intl.NumberFormat;
  private readonly compactNumber: Intl.NumberFormat;
  private readonly two: Intl.NumberFormat;
  private readonly one: Intl.NumberFormat;
  private readonly signedInteger: Intl.NumberFormat;
  private readonly signedOne: Intl.NumberFormat;
  private readonly dayLong: Intl.DateTimeFormat;
  private readonly dayShort: Intl.DateTimeFormat;
  private readonly dayName: Intl.DateTimeFormat;
  private readonly minute: Intl.DateTimeFormat;
  private readonly sizes: Intl.NumberFormat[];
  private readonly phrases: Phrases;

  constructor(asked: string | undefined, readers: readonly string[] = navigator.languages) {
    this.language = choose(asked, readers);
    this.t = LANGUAGES[this.language];
    // The reader's region where it fits the language: en-GB has other dates than en-US.
    const locale = (this.locale = readers.find((tag) => tag.toLowerCase().split('-')[0] === this.language) ?? this.language);
    const number = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options);
    const date = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options });
    this.integer = number({});
    this.compactNumber = number({ notation: 'compact', maximumFractionDigits: 1 });
    this.two = number({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
    this.one = number({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.signedInteger = number({ signDisplay: 'exceptZero' });
    this.signedOne = number({ signDisplay: 'exceptZero', minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.dayLong = date({ year: 'numeric', month: 'short', day: 'numeric' });
    this.dayShort = date({ month: 'short', day: 'numeric' });
    this.dayName = date({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' });
    this.minute = date({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    this.phrases = new Phrases(this.t.phrases, (text) => number({ maximumFractionDigits: 2 }).format(Number(text)));
    this.sizes = UNITS.map((unit) => number({ style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }));
  }

  count = (n: number): string => (Number.isNaN(n) ? '–' : this.integer.format(n));
  compact = (n: number): string => this.compactNumber.format(n);
  change = (n: number): string => this.signedInteger.format(n).replace('-', '−');
  changePercent = (n: number): string => `${this.signedOne.format(n).replace('-', '−')} %`;
  changePoints = (n: number): string => this.say(this.t.points, { n: this.signedOne.format(n).replace('-', '−') });
  percent = (n: number): string => (Number.isNaN(n) ? '–' : `${this.two.format(n)} %`);
  decimal = (n: number): string => (Number.isNaN(n) ? '–' : this.two.format(n));
  tenth = (n: number): string => (Number.isNaN(n) ? '–' : this.one.format(n));
  day = (days: number): string => (Number.isNaN(days) ? '–' : this.dayLong.format(days * DAY));
  shortDay = (days: number): string => this.dayShort.format(days * DAY);
  namedDay = (days: number): string => this.dayName.format(days * DAY);
  time = (micros: number): string => (Number.isNaN(micros) ? '–' : this.minute.format(micros / 1000));

  bytes = (size: number): string => {
    if (Number.isNaN(size)) return '–';
    const step = Math.min(UNITS.length - 1, size < 1000 ? 0 : Math.floor(Math.log10(size) / 3));
    return this.sizes[step].format(size / 1000 ** step);
  };

  say = (text: string, values: Record<string, string | number> = {}): string => filled(text, values);

  /** The wording for `n`, with `{n}` and `values` filled in. */
  many = (text: Plural, n: number, values: Record<string, string | number> = {}): string =>
    filled(plural(this.language, text, n), { n: this.count(n), ...values });

  /** What a dataset says in English, in the reader's language where that has it. */
  own = (text: string): string => this.phrases.say(text) ?? text;

  /** Whether `own` leaves an English text to readers of another language. */
  isForeign = (text: string): boolean => this.language !== 'en' && this.phrases.say(text) === null;

  /** A column's heading. */
  heading = (name: string): string => {
    const known = this.t.columns[name];
    if (known) return known;
    const words = name.replaceAll('_', ' ');
    return words.charAt(0).toUpperCase() + words.slice(1);
  };

  /** A TLS version as people read it. */
  version = (value: string | null): string => {
    if (value === null) return '–';
    if (value === 'none') return this.t.noTls;
    return value === 'unknown' ? this.t.unknownTls : value;
  };

  compare = (): ((a: string, b: string) => number) => new Intl.Collator(this.locale, { numeric: true }).compare;
}

/** Days since 1970 as `2026-03-01`, and back. */
export const isoDay = (days: number): string => new Date(days * DAY).toISOString().slice(0, 10);
export const fromIsoDay = (text: string): number => Math.round(Date.parse(`${text}T00:00:00Z`) / DAY);
/** Microseconds since 1970 as the datasets' own files write them: RFC 3339, with a fraction where there is one. */
export const isoTime = (micros: number): string => {
  const seconds = Math.floor(micros / 1e6);
  const rest = micros - seconds * 1e6;
  const digits = String(rest).padStart(6, '0');
  const fraction = rest === 0 ? '' : `.${digits.endsWith('000') ? digits.slice(0, 3) : digits}`;
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction}Z`;
};
