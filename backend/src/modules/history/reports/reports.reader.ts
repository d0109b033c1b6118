import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ArtifactStore, type StoredFile } from '../../../kernel/artifacts/artifact-store';
import { Contracts } from '../../../kernel/contracts/contracts';
import { toDocument, type DocumentDto } from '../../../kernel/contracts/document.dto';
import { queryOne } from '../../../kernel/database/rows';
import { RUN_REPORT } from '../contracts/run-report';
import type { ReportLanguage } from './report-words';
import { filePath, type ReportFormat } from './run-reports';

type Files = Readonly<Record<ReportFormat, StoredFile>>;

export interface ReportFile {
  /** Compressed with gzip; null when the file is missing or is not what was written. */
  readonly content: Readable | null;
  readonly bytes: number;
  /** Which file it is stands in a form that this program cannot read; null where it can. */
  readonly unreadable: DocumentDto | null;
}

/** Finds the files of reports. */
@Injectable()
export class ReportsReader {
  constructor(
    private readonly database: DataSource,
    private readonly store: ArtifactStore,
    private readonly contracts: Contracts,
  ) {}

  /**
   * What was written before there were French ones is given in English.
   * @returns null when there is no such report
   */
  async file(id: string, format: ReportFormat, language: ReportLanguage): Promise<ReportFile | null> {
    const row = await queryOne<{ path: string; summary: unknown }>(
      this.database,
      'SELECT path, summary_json AS summary FROM reports WHERE id = $1',
      [id],
    );
    if (row === null) return null;
    const summary = this.contracts.read<Files & { french: Files | null }>(RUN_REPORT.name, row.summary);
    if (!summary.readable) return { content: null, bytes: 0, unreadable: toDocument(RUN_REPORT.name, summary) };
    const french = language === 'fr' ? summary.document.french : null;
    const file = (french ?? summary.document)[format];
    const path = filePath(row.path, format, french === null ? 'en' : 'fr');
    return { content: await this.store.read(path, file), bytes: file.bytes, unreadable: null };
  }
}
