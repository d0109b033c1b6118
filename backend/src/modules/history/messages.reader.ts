import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Contracts } from '../../kernel/contracts/contracts';
import { toDocument, type DocumentDto } from '../../kernel/contracts/document.dto';
import { queryOne, queryRows } from '../../kernel/database/rows';
import { decodeCursor, encodeCursor, keyForms } from '../../kernel/http/keyset-cursor';
import { keysetPage, type Page, type PageRequest } from '../../kernel/http/keyset-page';
import { escapeLike, patternsInFrench } from '../../kernel/sentences/french-search';
import { saidIn } from '../../kernel/sentences/said';
import { IMPORTANT_MESSAGE } from './contracts/important-message';
import type { MachineMessageDto, MessageDto, MessageGroupDto } from './dto/messages.dto';
import { MESSAGE_CATEGORIES, type MessageCategory, type MessageSeverity } from './entities/history.values';

/** What of the messages is asked for; absent: everything. */
export interface MessageFilter {
  readonly acknowledged?: boolean;
  readonly severity?: MessageSeverity;
  readonly category?: MessageCategory;
  readonly machineId?: string;
  readonly text?: string;
}

type Stored<T> = Omit<T, 'said' | 'facts'> & { readonly facts: unknown };
type GroupRow = Omit<MessageGroupDto, 'said'> & {
  readonly rank: string;
  readonly keyTime: string;
};

const MESSAGE = `m.id, m.source, m.category, m.severity, m.package_name AS "packageName", m.component, m.message,
  m.first_seen_at AS "firstSeenAt", m.last_seen_at AS "lastSeenAt", m.acknowledged, m.acknowledged_at AS "acknowledgedAt",
  m.acknowledged_by AS "acknowledgedBy", m.raw_line_ref AS "rawLineRef", m.payload_json AS facts`;

const GROUPS = 'message-groups';
/** A digest, see `dedup_key`. */
const GROUP_KEY = /^[0-9a-f]{64}$/;
const SEVERITIES = `ARRAY['info', 'warning', 'error']`;
const RANK = `array_position(${SEVERITIES}, m.severity)`;

/** Of messages `m` of machines `machine`, those that a filter lets through. */
const ASKED = `machine.deleted_at IS NULL
       AND ($1::boolean IS NULL OR m.acknowledged = $1)
       AND ($2::text IS NULL OR m.severity = $2)
       AND m.category = ANY ($3::text[])
       AND ($4::uuid IS NULL OR m.machine_id = $4)
       AND ($5::text IS NULL OR m.message ILIKE $5 OR m.message LIKE ANY ($9::text[]) OR m.package_name ILIKE $5 OR m.component ILIKE $5 OR machine.name ILIKE $5)`;

/** Reads what machines said that somebody should know: of one machine, and of the fleet with equal ones together. */
@Injectable()
export class MessagesReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
  ) {}

  /** Of a machine; open and serious ones first. */
  async ofMachine(machineId: string, acknowledged: boolean | undefined): Promise<MessageDto[]> {
    const found = await queryRows<Stored<MessageDto>>(
      this.dataSource,
      `SELECT ${MESSAGE} FROM important_messages m WHERE machine_id = $1 AND ($2::boolean IS NULL OR acknowledged = $2)
        ORDER BY acknowledged, ${RANK} DESC, last_seen_at DESC, id LIMIT 500`,
      [machineId, acknowledged ?? null],
    );
    return found.map((row) => this.toMessage(row));
  }

  async find(id: string, manager: EntityManager): Promise<MessageDto | null> {
    const sql = `SELECT ${MESSAGE} FROM important_messages m WHERE id = $1`;
    const found = await queryOne<Stored<MessageDto>>(manager, sql, [id]);
    return found === null ? null : this.toMessage(found);
  }

  /** What the fleet says, equal messages together: serious ones first, then what was seen last. Archived machines are silent. */
  async groups(filter: MessageFilter, { cursor, limit }: PageRequest): Promise<Page<MessageGroupDto>> {
    const forms = [keyForms.integer, keyForms.time, GROUP_KEY];
    const after = cursor === undefined ? [null, null, null] : decodeCursor(GROUPS, forms, cursor);
    const { acknowledged, severity, category, machineId, text } = filter;
    const pattern = text === undefined ? null : `%${escapeLike(text)}%`;
    // What is shown in French is looked for in French as well.
    const words = text === undefined ? [] : patternsInFrench(text);
    const rows = await queryRows<GroupRow>(this.dataSource, GROUP_PAGE, [
      acknowledged ?? null,
      severity ?? null,
      category === undefined ? MESSAGE_CATEGORIES : [category],
      machineId ?? null,
      pattern,
      ...after,
      words,
      limit + 1,
    ]);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const nextCursor = last === undefined ? null : encodeCursor(GROUPS, [last.rank, last.keyTime, last.key]);
    return { items: rows.slice(0, limit).map(toGroup), nextCursor };
  }

  /** Where a message was said, seen last first. */
  async ofGroup(key: string, page: PageRequest): Promise<Page<MachineMessageDto>> {
    const { items, nextCursor } = await keysetPage<Stored<MachineMessageDto>>(
      this.dataSource,
      `message-group-${key}`,
      `SELECT * FROM (
         SELECT ${MESSAGE}, m.machine_id AS "machineId", machine.name AS "machineName"
           FROM important_messages m JOIN machines machine ON machine.id = m.machine_id
          WHERE m.dedup_key = $1 AND machine.deleted_at IS NULL) AS said WHERE true`,
      [key],
      '"lastSeenAt"',
      page,
    );
    return { items: items.map((row) => this.toMessage(row)), nextCursor };
  }

  private toMessage<T extends MessageDto>(row: Stored<T>): T {
    const facts: DocumentDto | null =
      row.facts === null
        ? null
        : toDocument(IMPORTANT_MESSAGE.name, this.contracts.read(IMPORTANT_MESSAGE.name, row.facts));
    return { ...row, said: saidIn(row, ['message']), facts } as unknown as T;
  }
}

function toGroup(row: GroupRow): MessageGroupDto {
  const { key, source, category, severity, packageName, component, message, firstSeenAt, lastSeenAt } = row;
  const { machines, openMachines } = row;
  return {
    ...{ key, source, category, severity, packageName, component, message, said: saidIn(row, ['message']) },
    ...{ firstSeenAt, lastSeenAt, machines, openMachines },
  };
}

/**
 * A group is as serious as the most serious that was said in it; its words are those that were said last. What is asked for is looked
 * through once and counted; words are read for the groups of this page alone. Naming all categories lets the index serve, which begins
 * with them.
 */
const GROUP_PAGE = `
  WITH counted AS (
    SELECT m.dedup_key AS key, max(${RANK}) AS rank, max(m.last_seen_at) AS last_seen_at, min(m.first_seen_at) AS first_seen_at,
           count(*)::int AS machines, count(*) FILTER (WHERE NOT m.acknowledged)::int AS open_machines
      FROM important_messages m JOIN machines machine ON machine.id = m.machine_id
     WHERE ${ASKED}
     GROUP BY m.dedup_key),
  page AS (
    SELECT * FROM counted WHERE $6::int IS NULL OR (rank, last_seen_at, key) < ($6, $7::timestamptz, $8::text)
     ORDER BY rank DESC, last_seen_at DESC, key DESC LIMIT $10)
  SELECT page.key, said.source, said.category, (${SEVERITIES})[page.rank] AS severity, said.package_name AS "packageName", said.component, said.message,
         page.first_seen_at AS "firstSeenAt", page.last_seen_at AS "lastSeenAt", page.machines, page.open_machines AS "openMachines",
         page.rank::text AS rank, page.last_seen_at::text AS "keyTime"
    FROM page CROSS JOIN LATERAL (
      SELECT m.* FROM important_messages m JOIN machines machine ON machine.id = m.machine_id
       WHERE m.dedup_key = page.key AND ${ASKED}
       ORDER BY m.last_seen_at DESC LIMIT 1) AS said
   ORDER BY page.rank DESC, page.last_seen_at DESC, page.key DESC`;
