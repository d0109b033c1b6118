import type { SecretMasker } from '../logging/secret-masker';
import type { FrameHandler } from './frame-parser';
import type { OutputChunk, OutputLimits, RunResult, SectionEvent, SectionResult, StreamName } from './run-types';
import { Section } from './section';
import { StreamCapture, type CaptureContext } from './stream-capture';

const maxSections = 5000;
const strayTail = 4096;

/** Where the recorder reports to. */
export interface RecorderListener {
  /** Takes live output of this stream of a section; undefined when nobody listens to it. */
  outputOf(section: string, stream: StreamName): ((chunk: OutputChunk) => void) | undefined;
  section(event: SectionEvent): void;
  /** Something was dropped; called at each occurrence. */
  overflow(limitBytes: number): void;
  broken(reason: string): void;
}

/** Puts the two framed streams of a run together into sections. */
export class SectionRecorder {
  private readonly sections: Section[] = [];
  private readonly doneStreams = new Set<StreamName>();
  private readonly strayBytes: Record<StreamName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  private readonly context: CaptureContext;
  private readonly factMasker: SecretMasker | undefined;
  private exitCode = -1;

  constructor(
    limits: OutputLimits,
    private readonly masker: SecretMasker | undefined,
    private readonly listener: RecorderListener,
  ) {
    this.factMasker = masker?.distinctive;
    this.context = {
      limits,
      roomLeft: limits.runBytes,
      overflowed: (limitBytes) => {
        listener.overflow(limitBytes);
      },
    };
  }

  /** Both streams came to the last frame. */
  get finished(): boolean {
    return this.doneStreams.size === 2;
  }

  handlerFor(stream: StreamName): FrameHandler {
    let open: Section | undefined;
    return {
      begin: ({ id, name, atMs }) => {
        open = this.begin(id, name, atMs);
      },
      data: (chunk) => {
        open?.push(stream, chunk);
      },
      end: ({ exitCode, atMs }) => {
        if (open?.end(stream, exitCode, atMs) === true) {
          const { name, durationMs } = open;
          this.listener.section({ name, phase: 'end', exitCode, durationMs });
        }
        open = undefined;
      },
      stray: (chunk) => {
        const all = chunk.length >= strayTail ? chunk : Buffer.concat([this.strayBytes[stream], chunk]);
        this.strayBytes[stream] = Buffer.from(all.subarray(Math.max(0, all.length - strayTail)));
      },
      done: ({ exitCode }) => {
        this.exitCode = exitCode;
        this.doneStreams.add(stream);
      },
      broken: (reason) => {
        this.listener.broken(reason);
      },
    };
  }

  /** What there is so far; complete when {@link finished}. */
  result(durationMs: number, receivedBytes: number): RunResult {
    for (const section of this.sections) section.cutShort();
    const sections: readonly SectionResult[] = this.sections;
    return {
      exitCode: this.exitCode,
      durationMs,
      receivedBytes,
      sections,
      truncated: sections.some((section) => section.truncated),
      stray: { stdout: this.strayText('stdout'), stderr: this.strayText('stderr') },
      section: (name) => sections.findLast((section) => section.name === name),
    };
  }

  strayText(stream: StreamName): string {
    const text = this.strayBytes[stream].toString('utf8');
    return this.masker?.mask(text) ?? text;
  }

  /** The streams run side by side: whichever comes first opens the section, the other one must agree. */
  private begin(id: number, name: string, atMs: number): Section | undefined {
    const known = this.sections[id - 1];
    if (known?.name === name) return known;
    if (known !== undefined || id !== this.sections.length + 1 || id > maxSections) {
      this.listener.broken('sections do not follow each other');
      return undefined;
    }
    const sectionBytes = limitOf(name, this.context.limits);
    const capture = (stream: StreamName) => {
      const output = this.listener.outputOf(name, stream);
      const onText =
        output &&
        ((text: string) => {
          output({ section: name, stream, text });
        });
      // What is told to nobody live is read as facts: a password such as `debian` or `1234` must not turn the names in a plan or the digits
      // of an id into others.
      const masker = stream === 'stdout' && onText === undefined ? this.factMasker : this.masker;
      return new StreamCapture(this.context, sectionBytes, masker, onText);
    };
    const section = new Section(name, atMs, { stdout: capture('stdout'), stderr: capture('stderr') });
    this.sections.push(section);
    this.listener.section({ name, phase: 'begin' });
    return section;
  }
}

function limitOf(name: string, { sections, sectionBytes }: OutputLimits): number {
  const own = Object.entries(sections).find(([pattern]) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
  return own?.[1] ?? sectionBytes;
}
