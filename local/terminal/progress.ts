/** One line of a progress display. */
export interface Bar {
  readonly label: string;
  readonly done: number;
  /** Null: not known yet. */
  readonly of: number | null;
  readonly note?: string;
}

/** What a display writes to: a terminal, or a file or pipe that cannot be overwritten. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const BAR_CELLS = 24;
/** Where lines cannot be overwritten, one is written at most this often per label. */
const LINE_EVERY_MS = 5_000;

/**
 * Progress bars for people: redrawn in place on a terminal; elsewhere a line now and then, and one when a bar is full.
 */
export class ProgressDisplay {
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #written = new Map<string, { at: number; full: boolean }>();
  #drawn = 0;

  constructor(screen: Screen = process.stdout, now: () => number = () => performance.now()) {
    this.#screen = screen;
    this.#now = now;
  }

  show(bars: readonly Bar[]): void {
    if (this.#screen.isTTY) this.#redraw(bars);
    else for (const bar of bars) this.#writeNowAndThen(bar);
  }

  /** Leaves what is drawn and begins below it. */
  end(): void {
    this.#drawn = 0;
    this.#written.clear();
  }

  #redraw(bars: readonly Bar[]): void {
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    const width = this.#screen.columns ?? 100;
    const lines = bars.map((bar) => `\u001b[2K${textOf(bar).slice(0, width - 1)}\n`);
    this.#screen.write(up + lines.join(''));
    this.#drawn = bars.length;
  }

  #writeNowAndThen(bar: Bar): void {
    const full = bar.of !== null && bar.done >= bar.of;
    const last = this.#written.get(bar.label);
    const due = !last || (full && !last.full) || (!full && this.#now() - last.at >= LINE_EVERY_MS);
    if (!due) return;
    this.#written.set(bar.label, { at: this.#now(), full });
    this.#screen.write(`${textOf(bar)}\n`);
  }
}

function textOf({ label, done, of, note = '' }: Bar): string {
  const share = of === null || of === 0 ? (of === 0 ? 1 : 0) : Math.min(1, done / of);
  const cells = Math.round(share * BAR_CELLS);
  const count = of === null ? format(done) : `${format(done)} of ${format(of)}`;
  return `${label.padEnd(18)} ${'█'.repeat(cells)}${'░'.repeat(BAR_CELLS - cells)} ${count.padStart(18)} ${note}`.trimEnd();
}

export function format(count: number): string {
  return count.toLocaleString('en-US');
}

/** Rows under a head, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? format(cell) : cell)));
  const widths = head.map((title, column) => Math.max(title.length, ...texts.map((row) => row[column]?.length ?? 0)));
  const numeric = head.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...texts.map(line)].join('\n');
}
