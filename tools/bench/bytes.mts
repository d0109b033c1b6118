import { query, type Database } from './database.mts';
import { median, type Comparison } from './measure.mts';

interface Analysis {
  readonly shares: boolean;
  readonly snapshot: string;
  readonly packages: string;
  readonly rest: string;
  readonly lines: string;
}

/**
 * What one analysis leaves in the database for as long as history is kept, in bytes of its rows without indexes: one whose
 * content is new, and one that says what the machine's last one said. Live log lines go after a month and stand apart.
 */
export async function compareBytes(database: Database): Promise<Comparison[]> {
  const analyses = await query<Analysis>(database, BYTES_OF_ANALYSES);
  const of = (shares: boolean): Analysis[] => analyses.filter((analysis) => analysis.shares === shares);
  if (of(true).length === 0 || of(false).length === 0)
    throw new Error('No machine was analysed twice: this step follows the one that analyses.');
  const typical = (shares: boolean, bytes: (analysis: Analysis) => number): number => median(of(shares).map(bytes));
  const kept = ({ snapshot, packages, rest }: Analysis): number => Number(snapshot) + Number(packages) + Number(rest);
  return [
    {
      measure: 'rows that an unchanged analysis leaves: median',
      unit: 'bytes',
      product: typical(true, kept),
      baseline: 'rows of an analysis with news',
      reference: typical(false, kept),
    },
    {
      measure: 'of these the document of an unchanged analysis: median',
      unit: 'bytes',
      product: typical(true, ({ snapshot }) => Number(snapshot)),
      baseline: 'the document of one with news',
      reference: typical(false, ({ snapshot }) => Number(snapshot)),
    },
    {
      measure: 'live log of an unchanged analysis, kept a month: median',
      unit: 'bytes',
      product: typical(true, ({ lines }) => Number(lines)),
      baseline: 'of one with news',
      reference: typical(false, ({ lines }) => Number(lines)),
    },
  ];
}

const BYTES_OF_ANALYSES = `
  SELECT s.content_snapshot_id IS NOT NULL AS shares, pg_column_size(s.*) AS snapshot,
    (SELECT COALESCE(sum(pg_column_size(p.*)), 0) FROM apt_planned_packages p WHERE p.snapshot_id = s.id)
      + (SELECT COALESCE(sum(pg_column_size(e.*)), 0) FROM apt_errors e WHERE e.snapshot_id = s.id) AS packages,
    pg_column_size(j.*)
      + (SELECT COALESCE(sum(pg_column_size(v.*)), 0) FROM machine_events v WHERE v.job_id = j.id) AS rest,
    (SELECT COALESCE(sum(pg_column_size(l.*)), 0) FROM job_log_chunks l WHERE l.job_id = j.id) AS lines
  FROM snapshots s JOIN jobs j ON j.id = s.source_job_id
  WHERE s.kind = 'apt_update_analyze'`;
