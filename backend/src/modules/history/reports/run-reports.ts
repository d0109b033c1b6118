import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ArtifactStore, type StoredFile } from '../../../kernel/artifacts/artifact-store';
import { Clock } from '../../../kernel/clock';
import { Contracts } from '../../../kernel/contracts/contracts';
import { noticeOf } from '../../../kernel/contracts/document.dto';
import { newId } from '../../../kernel/database/ids';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import { TransactionRunner } from '../../../kernel/database/transaction';
import { ErrorRisks } from './error-risks';
import { LOG_TRIED_DAYS } from '../run-logs';
import { RUN_REPORT } from '../contracts/run-report';
import { asHtml, asMarkdown } from './report-forms';
import { sectionsOf, type Fact, type Report, type Section } from './report-model';
import { colonOf, REPORT_LANGUAGES, REPORT_WORDS, type ReportLanguage, type ReportWords } from './report-words';

export const REPORT_FORMATS = ['html', 'markdown'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

const DAY_MS = 86_400_000;
/**
 * A report that could not be written for so long is not tried again: what it is made of stands in the database. The first half
 * of it the log may still be sealed, whose hash the report names.
 */
const TRIED_DAYS = 2 * LOG_TRIED_DAYS;

/** This is written when the run has ended, and what it did is read from the machine's logs later. */
const NO_RESULT =
  'The run left no result. What the machine’s own logs tell of packages that it changed stands on the page of the run, once an analysis has read them.';

/** A change without a report. */
export interface Unreported {
  readonly id: string;
  /** It has a log that is not sealed yet, and has not been given up. */
  readonly logOpen: boolean;
}

interface Change {
  readonly id: string;
  readonly machineId: string;
  readonly machine: string;
  readonly action: string;
  readonly status: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly exitCode: number | null;
  readonly errorMessage: string | null;
  readonly result: Record<string, unknown> | null;
  /** It was begun on the machine, or may have been. */
  readonly begun: boolean;
  readonly summary: string | null;
  readonly requestedBy: string | null;
  readonly approvedBy: string | null;
  /** The policy of the schedule that asked confirmed it. */
  readonly byPolicy: boolean;
  readonly approvedAt: Date | null;
  readonly planDigest: string | null;
  readonly logSha256: string | null;
}

/**
 * Writes the report of a change once it has ended and its log is sealed: Markdown and HTML in the artifact store, in English and
 * French. It may be tried again at any time and by several processes at once: they write the same to the same place, and one names it.
 * So it is made of nothing but stored rows, which hold no secret, and what this process has in its hands changes nothing of it.
 */
@Injectable()
export class RunReports {
  constructor(
    private readonly database: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly store: ArtifactStore,
    private readonly contracts: Contracts,
    private readonly risks: ErrorRisks,
    private readonly clock: Clock,
  ) {}

  /** Changes of ours that have ended lately and have no report, oldest first. */
  async unwritten(): Promise<Unreported[]> {
    const daysAgo = (days: number): Date => new Date(this.clock.now().getTime() - days * DAY_MS);
    return queryRows<Unreported>(this.database, UNWRITTEN, [daysAgo(TRIED_DAYS), daysAgo(LOG_TRIED_DAYS)]);
  }

  /** @returns the report's id; null when there is nothing to report (no such change, not ended, reported already) */
  async write(executionId: string): Promise<string | null> {
    const change = await queryOne<Change>(this.database, CHANGE, [executionId]);
    if (change === null) return null;
    const path = `reports/${change.startedAt.toISOString().slice(0, 7)}/${executionId}.md.gz`;
    const { title, files } = await this.written(change, path, 'en');
    const french = (await this.written(change, path, 'fr')).files;
    const id = await this.name(change, title, path, { ...files, french });
    // Purged while the files were written: nothing would ever remove them.
    if (id === null && !(await this.exists(executionId))) {
      for (const language of REPORT_LANGUAGES)
        for (const format of REPORT_FORMATS) await this.store.remove(filePath(path, format, language));
    }
    return id;
  }

  private async written(
    change: Change,
    path: string,
    language: ReportLanguage,
  ): Promise<{ title: string; files: Readonly<Record<ReportFormat, StoredFile>> }> {
    const words = REPORT_WORDS[language];
    const report = reportOf(change, this.findings(change, words), words);
    const markdown = await this.file(filePath(path, 'markdown', language), asMarkdown(report));
    const html = await this.file(filePath(path, 'html', language), asHtml(report));
    return { title: report.title, files: { markdown, html } };
  }

  /** By the contract of its result; what this program cannot read is shown as it is, and said to be so. */
  private findings({ action, result, begun }: Change, words: ReportWords): Section[] {
    const inWords = (text: string): Section => ({ title: words.word('Findings'), blocks: [{ kind: 'text', text }] });
    if (result === null) return [inWords(words.word(begun ? NO_RESULT : 'The machine left nothing to compare.'))];
    const reading = this.contracts.read<Record<string, unknown>>(`${action}_result`, result);
    if (reading.readable) return sectionsOf(this.risks.beside(reading.document), words);
    const { version, reason } = reading;
    const notice = noticeOf(`${action}_result`, reason, version);
    return [inWords(notice), ...sectionsOf(result, words)];
  }

  private file(path: string, content: string): Promise<StoredFile> {
    return this.store.write(path, Readable.from([Buffer.from(content)]), [createGzip()]);
  }

  private name(
    { id, machineId, action, status }: Change,
    title: string,
    path: string,
    files: Readonly<Record<ReportFormat, StoredFile>> & { readonly french: Readonly<Record<ReportFormat, StoredFile>> },
  ): Promise<string | null> {
    const reportId = newId();
    const summary = this.contracts.document(RUN_REPORT.name, { action, status, ...files });
    return this.transactions.run(async (tx) => {
      if ((await affected(tx.manager, LINK, [id, reportId])) === 0) return null;
      await affected(tx.manager, INSERT, [reportId, machineId, id, title, path, this.clock.now(), summary]);
      return reportId;
    });
  }

  private async exists(executionId: string): Promise<boolean> {
    return (await queryOne(this.database, 'SELECT 1 FROM executions WHERE id = $1', [executionId])) !== null;
  }
}

/** Beside the path that the row names, which is that of the English Markdown. */
export function filePath(path: string, format: ReportFormat, language: ReportLanguage): string {
  const ending = format === 'html' ? 'html.gz' : 'md.gz';
  return path.replace(/md\.gz$/, language === 'en' ? ending : `${language}.${ending}`);
}

function reportOf(change: Change, sections: readonly Section[], words: ReportWords): Report {
  const { machine, action, status, startedAt, finishedAt, summary, errorMessage, planDigest } = change;
  const { word } = words;
  const moment = (at: Date | null): string =>
    at === null ? word('not known') : at.toISOString().replace('.000Z', 'Z');
  // A policy confirms in a sentence of ours.
  const by = change.byPolicy ? words.value('message', change.approvedBy ?? '') : change.approvedBy;
  const confirmed = by === null ? word('nobody') : `${by}, ${moment(change.approvedAt)}`;
  const facts: readonly Fact[] = [
    ['Machine', machine],
    ['What was confirmed', summary === null ? word('not known') : words.value('summary', summary)],
    ['Ended as', words.value('status', status)],
    ...(errorMessage === null ? [] : ([['Why', words.value('message', errorMessage)]] as const)),
    ['Began', moment(startedAt)],
    ['Ended', moment(finishedAt)],
    ['Exit code', change.exitCode === null ? word('none') : String(change.exitCode)],
    ['Planned by', change.requestedBy ?? word('not known')],
    ['Confirmed by', confirmed],
    ['SHA-256 of the confirmed plan', planDigest ?? word('none')],
    ['SHA-256 of the log', change.logSha256 ?? word('no log')],
    ['Run', change.id],
  ];
  return {
    language: words.language,
    title: `${words.action(action)}${colonOf(words.language)}${machine}`,
    facts: facts.map(([name, value]) => [word(name), value]),
    sections,
  };
}

const CHANGE = `
  SELECT e.id, e.machine_id AS "machineId", m.name AS machine, e.action, e.status, e.started_at AS "startedAt",
         e.finished_at AS "finishedAt", e.exit_code AS "exitCode", e.error_message AS "errorMessage", e.result_json AS result,
         j.contact_at IS NOT NULL OR EXISTS (
           SELECT FROM action_request_targets t WHERE t.request_id = e.request_id AND t.execution_id = e.id) AS begun,
         r.summary, r.requested_by_name AS "requestedBy", r.approved_by AS "approvedBy", r.approved_at AS "approvedAt",
         (r.requested_by_type = 'schedule' AND r.decided_by_id = r.requested_by_id) IS TRUE AS "byPolicy",
         r.plan_digest AS "planDigest", a.sha256 AS "logSha256"
    FROM executions e JOIN machines m ON m.id = e.machine_id
    LEFT JOIN jobs j ON j.id = e.id
    LEFT JOIN action_requests r ON r.id = e.request_id
    LEFT JOIN raw_artifacts a ON a.id = e.raw_artifact_id
   WHERE e.id = $1 AND e.mode <> 'external' AND e.finished_at IS NOT NULL AND e.report_id IS NULL`;

const UNWRITTEN = `
  SELECT e.id, e.raw_artifact_id IS NULL AND j.last_seq > 0 AND j.finished_at >= $2 AS "logOpen"
    FROM jobs j JOIN executions e ON e.id = j.id
   WHERE j.finished_at >= $1 AND e.finished_at IS NOT NULL AND e.report_id IS NULL ORDER BY j.finished_at LIMIT 500`;

const LINK = 'UPDATE executions SET report_id = $2 WHERE id = $1 AND report_id IS NULL';

const INSERT = `
  INSERT INTO reports (id, machine_id, execution_id, kind, title, path, created_at, pinned, summary_json)
  VALUES ($1, $2, $3, 'machine', $4, $5, $6, false, $7)`;
